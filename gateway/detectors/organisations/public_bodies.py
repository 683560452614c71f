"""Public bodies, states and law: names that identify no person and stay readable.

Masking "Court of Appeal" or "the Polish Government" protects nobody and makes a judgment unreadable.
A local body ("Graz District Civil Court") is public too; the place in it is found as a place.
"""

from __future__ import annotations

import re

from gateway.redaction.matching import words_of

_BODIES = re.compile(
    r"\b(?:courts?|tribunals?|chambers?|section|cour|tribunal|chambre|corte|juzgado|sala|audiencia|senate?|senado"
    r"|sénat|parliament"
    r"|parlement|parlamento|congress|assembly|assemblée|asamblea|government|gouvernement|gobierno|ministr(?:y|ies"
    r"|er|ère|e|o|erio)"
    r"|ministère|ministerio|department of|secretary|secretaría|state counsel|council|conseil|consejo"
    r"|commission|comisión|committee of ministers|comité|prosecut\w+|procureur|fiscal|attorney general|republic"
    r"|république|república"
    r"|kingdom|royaume|reino|federation|fédération|federación|union|state|états?|estado|european|convention|court's"
    r"|registry|registrar"
    r"|house of (?:lords|commons)|constitution|constitutional|supreme|cassation|treaty|act|law|code|protocol"
    r"|article|loi|ley|agency|agence"
    r"|police|gendarmerie|army|armed forces|navy|military|authorit(?:y|ies)|autorités?|autoridad|board|bureau"
    r"|directorate|office of|home office"
    r"|foreign (?:and commonwealth )?office|land registry|treasury|trésor|hacienda|inland revenue|customs|regulator"
    r"|united nations|nations unies"
    r"|naciones unidas|embassy|consulate|prefect\w*|préfecture|municipal\w*|city of|grand chamber|magistrates?|jury"
    r"|crown"
    r"|rules of court|ombudsman|home department|civil investigative demand|tribunals service|police office|chancellor"
    r"|president|chief constable|agent|cabinet|bundes\w+|landes\w+"
    r"|verwaltungs\w+|verfassungs\w+|\w*gericht\w*)\b",
    re.IGNORECASE,
)
_STATES = frozenset(
    words_of(
        """uk usa us eu un echr u.k. u.s. ec eec osce nato gdpr ico cnil ftc sec fda irs convention court
        government commission parliament state states tribunal chamber section council party parties applicant
        applicants agreement product products company territory schedule exhibit appendix annex licensee
        licensor supplier buyer seller customer confidential information effective date term services"""
    )
)


def is_public(name: str) -> bool:
    """Whether a name is that of a public body, a state, a law, or a role in proceedings."""
    bare = name.strip(" \"'“”‘’().,;:").lower().removeprefix("the ")
    return bare in _STATES or _BODIES.search(bare) is not None
