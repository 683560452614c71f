"""Examine: open each exhibit, learn what it really is, and decide again over that.

The declared media type is only a claim. What cannot be opened is quarantined with the parser's
code; what turns out to be of a type, size or openness that the agreement does not permit likewise,
with the clause. So is an exhibit that holds a file of a type that is not permitted: a member of an archive
must be permitted as if it were sent alone as evidence of the same type; an attachment of a message as if
it were sent as evidence of any type, for a letter's enclosures are no letters. What is not of the type it
was declared as is quarantined, or refused and destroyed at once, as the agreement says. The other exhibits
go on. A package with nothing left is quarantined as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from gateway.agreements.model import Agreement
from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.evidence.media import EMAIL, compatible, effective_media_type
from gateway.evidence.package import Exhibit, Package
from gateway.exchange.conclude import conclude_step
from gateway.exchange.custody.certify import destroy_refused
from gateway.exchange.moves import move_exhibit
from gateway.exchange.parties.standing import standing
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.workbench import Examined, Inside
from gateway.policy.decision import Decision, Request, deny
from gateway.policy.rulebook import existing_clause

MISMATCH = "media-type-mismatch"


def uploaded_exhibits(tx: Transaction, package_id: str) -> tuple[Package, list[Exhibit]] | None:
    """The package and what is still to be examined in it; None if the package is not at this step."""
    package = tx.packages.get(package_id)
    if package is None or package.state is not PackageState.SUBMITTED:
        return None
    return package, [e for e in tx.packages.exhibits(package_id) if e.state is ExhibitState.UPLOADED]


def judge(tx: Transaction, package: Package, exhibit: Exhibit, examined: Examined, now: datetime) -> Decision:
    """Decide over an exhibit as it was found to be."""
    binding = standing(tx, package.agreement)
    submitter = tx.directory.principal(package.submitter)
    if submitter is None:
        return deny("submitter-unknown", "", "the submitter is no longer registered")
    if binding is None:
        return deny("agreement-unknown", "", "the version of the agreement is gone")
    kind, own = exhibit.evidence_type, binding.own.agreement
    mismatch = judge_mismatch(own, kind, exhibit.declared_media_type, examined.media_type)
    if mismatch is not None:
        # What becomes of it may be said by the newer text, and the older one's clause would say otherwise.
        alike = all(text.evidence.get(kind) in (None, own.evidence.get(kind)) for text in binding.texts)
        return mismatch if alike else replace(mismatch, clause=f"/evidence/{kind}")
    request = Request(
        action="push",
        principal=submitter,
        now=now,
        purpose=package.purpose,
        evidence_type=exhibit.evidence_type,
        media_type=effective_media_type(examined.media_type, exhibit.declared_media_type),
        size_bytes=exhibit.size_bytes,
    )
    return decide_with_contents(request, examined.inside, own.evidence, binding.decide)


def judge_mismatch(agreement: Agreement, evidence_type: str, declared: str, sniffed: str) -> Decision | None:
    """The refusal of bytes that are not of the media type they were declared as; None if they are."""
    if compatible(sniffed, declared):
        return None
    of_type = f"/evidence/{evidence_type}"
    clause = existing_clause(agreement, f"{of_type}/mismatch", of_type)
    return deny(MISMATCH, clause, f"declared as {declared}, but the content is {sniffed}")


def decide_with_contents(
    request: Request, inside: Inside, evidence_types: Iterable[str], decide: Callable[[Request], Decision]
) -> Decision:
    """Decide over an exhibit, and over each file inside it as if it were sent alone; one denial denies all.

    Args:
        evidence_types: Those that the agreement lists; an attachment may be evidence of any of them.
    """
    decision = decide(request)
    if not decision.permitted:
        return decision
    for member in inside.members:
        alone = decide(replace(request, media_type=member))
        if not alone.permitted:
            return alone
    for attachment in inside.attachments:
        # A message inside a message is what the exhibit is already.
        if attachment != EMAIL and not any(
            decide(replace(request, evidence_type=kind, media_type=attachment, size_bytes=None)).permitted
            for kind in evidence_types
        ):
            return deny(
                "attachment-type-not-permitted",
                "/evidence",
                f"it has {attachment} attached, which no evidence type may be",
            )
    return decision


def _refuses(tx: Transaction, package: Package, exhibit: Exhibit, decision: Decision) -> bool:
    """Whether a text that binds says to refuse an exhibit that is not what it was declared as."""
    binding = standing(tx, package.agreement)
    if decision.code != MISMATCH or binding is None:
        return False
    rules = (text.evidence.get(exhibit.evidence_type) for text in binding.texts)
    return any(rule is not None and rule.mismatch == "refuse" for rule in rules)


def accept(
    tx: Transaction, package: Package, exhibit: Exhibit, examined: Examined, decision: Decision, now: datetime
) -> None:
    """Write down the outcome for one exhibit: on to redaction, or into quarantine."""
    media_type = effective_media_type(examined.media_type, exhibit.declared_media_type)
    refused = _refuses(tx, package, exhibit, decision) and destroy_refused(tx, package, exhibit, decision.clause, now)
    changes = {"media_type": media_type}
    if not decision.permitted:
        changes |= {"reason": decision.code, "clause": decision.clause}
    move_exhibit(
        tx,
        package,
        exhibit,
        "examine" if decision.permitted else "refuse" if refused else "quarantine",
        now,
        decision.outcome,
        agreement=decision.agreement,
        clause=decision.clause,
        reason=decision.code,
        detail={
            "sniffed": examined.media_type,
            "declared": exhibit.declared_media_type,
            "extractor": f"{examined.extractor}/{examined.version}",
            "characters": examined.characters,
        },
        changes=changes,
    )


def conclude(tx: Transaction, package_id: str, now: datetime) -> PackageState:
    """End the step: on to redaction if anything is left, else quarantine the package."""

    def left() -> int:
        return sum(e.state is ExhibitState.EXAMINED for e in tx.packages.exhibits(package_id))

    return conclude_step(
        tx,
        package_id,
        now,
        at=PackageState.SUBMITTED,
        move="examine",
        next_step="redact",
        count=("examined", left),
    )
