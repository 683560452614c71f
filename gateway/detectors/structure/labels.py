"""What a format says about its values: a column "email", a JSON key "password", a mail header "From".

A label tells the kind of the whole value, better than any pattern in it. Values that say nothing
("null", "true", "n/a") are left. Labels that fit no kind change nothing; the value is read like any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from gateway.detectors.structure.sql_values import sql_values
from gateway.detectors.text.letters import UPPER
from gateway.redaction.document import Finding, Segment

_KINDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:^|[ /.])(?:{words})(?:$|[ /.])"), entity)
    for words, entity in (
        (r"e ?mail(?: addr(?:ess)?)?|mail|courriel|correo(?: electronico)?", "EMAIL"),
        (r"phone(?: (?:no|number))?|telephone|tel|mobile|cell|fax|telefono|msisdn", "PHONE"),
        # Asked before names, so that "user name" is no person.
        (
            r"(?:user|nick) ?name|user(?: ?(?:id|login))?|login|handle|screen ?name|account ?id|customer ?id"
            r"|client ?id|member ?id|subject ?id|patient ?id|employee ?id|uid|usuario|utilisateur", "HANDLE"),
        (
            r"(?:first|last|given|family|full|sur|middle|maiden|customer|client|patient|employee|contact"
            r"|display|person|data subject|complainant|reporter|victim|applicant)? ?name|surname|nom|prenom"
            r"|nombre|apellidos?|author|assignee|owner|complainant|claimant|operator name|reported by"
            r"|contact person|signed by|interviewee|witness", "PERSON"),
        (
            r"pass(?:word|wd|phrase|code)?|pwd|secret(?: key)?|api ?key|(?:access|auth|refresh|bearer|session|id"
            r"|csrf)? ?token|client secret|private key|authorization|cookie|set cookie|credentials?|pin"
            r"|mot de passe|contrasena", "CREDENTIAL"),
        (
            r"(?:street|postal|home|billing|shipping|mailing)? ?address(?: ?(?:line)? ?\d)?|street|zip(?: ?code)?"
            r"|post(?:al)? ?code|adresse|direccion|code postal", "ADDRESS"),
        (r"city|town|location|place(?: of birth)?|birth ?place|ville|ciudad|municipality|region|country", "LOCATION"),
        (
            r"(?:date of )?birth(?: ?(?:date|day))?|dob|date(?: of \w+)?|birth ?date|created(?: at)?|updated"
            r"(?: at)?|timestamp|time ?stamp|time|datetime|fecha(?: de \w+)?|date de naissance", "DATE"),
        (r"age|edad", "AGE"),
        (r"iban", "IBAN"),
        (r"(?:bank )?account(?: ?(?:no|number))?|sort ?code|routing(?: ?number)?|bic|swift|rib", "BANK_ACCOUNT"),
        (r"(?:credit|debit|payment)? ?card(?: ?(?:no|number))?|pan|cc ?number", "CARD_NUMBER"),
        (
            r"ssn|social security(?: number)?|national ?id(?: number)?|nino|national insurance(?: number)?|tax ?id"
            r"|tin|nif|nie|dni|nir|insee|siren|vat(?: number)?", "NATIONAL_ID"),
        (r"passport(?: ?(?:no|number))?|pasaporte|passeport", "PASSPORT"),
        (r"driver s? ?licen[cs]e(?: ?number)?|driving licen[cs]e", "DRIVER_LICENCE"),
        (r"(?:licen[cs]e )?plate|registration(?: number)?|vrn", "LICENCE_PLATE"),
        (
            r"(?:client|remote|source|src|dst|user|host|peer|server)? ?ip(?: ?addr(?:ess)?)?|x forwarded for"
            r"|remote addr|received", "IP_ADDRESS"),
        (r"mac(?: ?addr(?:ess)?)?", "MAC_ADDRESS"),
        (r"device ?id|session(?: ?id)?|imei|imsi|idfa|gaid|advertising id|android id|fingerprint"
            r"|user ?agent", "DEVICE_ID"),
        (r"(?:case|docket|file|application|dossier|expediente)(?: ?(?:no|number|id|ref))", "CASE_NUMBER"),
        (
            r"ticket(?: ?(?:id|no|number))?|order(?: ?(?:id|no|number))|reference|ref|customer(?: ?(?:no|number))"
            r"|policy(?: ?(?:no|number))", "REFERENCE"),
        (r"nationality|citizenship|nationalite|nacionalidad", "NATIONALITY"),
        (r"occupation|profession|job(?: ?title)?|position|employer role|puesto|poste", "OCCUPATION"),
        (
            r"company(?: name)?|organi[sz]ation(?: name)?|employer|vendor(?: name)?|supplier(?: name)?|societe"
            r"|empresa", "ORGANISATION"),
        (r"religion|religious belief|faith", "RELIGION"),
        (r"ethnicity|ethnic(?: ?(?:group|origin))|race", "ETHNICITY"),
        (
            r"diagnos(?:is|es)|medical(?: ?(?:condition|history))?|medication|disability|icd ?(?:10)?(?: code)?"
            r"|symptoms?|blood ?type", "HEALTH"),
        (r"sexual orientation|orientation", "SEXUALITY"),
        (r"trade union|union membership", "UNION_MEMBERSHIP"),
        (r"political(?: ?(?:party|opinion|affiliation))|party affiliation", "POLITICS"),
        (
            r"(?:unit )?price|amount|cost|fee|total|salary|revenue|budget|prix|montant|precio|importe|salaire"
            r"|salario", "AMOUNT"),
        (r"discount|margin|royalty(?: rate)?|percentage|commission rate|interest rate", "PERCENT"),
        (r"system ?prompt|system message|system instructions?", "SYSTEM_PROMPT"),
        (
            r"learning rate|batch size|hyper ?parameters?|weights|architecture|n layers|hidden size|num (?:layers"
            r"|heads|parameters)|temperature|checkpoint|model weights", "MODEL_DETAIL"),
        (r"source ?code", "SOURCE_CODE"),
        (r"lat(?:itude)?|lon(?:gitude)?|lng|coordinates|gps", "COORDINATES"),
        (r"url|uri|website|homepage|profile url|referr?er", "URL"),
    )
)  # fmt: skip
_NOTHING = frozenset(
    {"null", "none", "n/a", "na", "nan", "true", "false", "yes", "no", "unknown", "-", "undefined", "empty"}
)
_MAILBOXES = re.compile(
    r"^(?:from|to|cc|bcc|reply to|sender|return path|delivered to|de|para|a|expediteur|destinataire)$"
)
_DISPLAY_NAME = re.compile(r"(?:^|[,;])\s*\"?(?P<name>[^<>@\",;]{2,80}?)\"?\s*<[^<>]{0,320}>")
_ADDRESS_FORMS = {
    "EMAIL": re.compile(r"@"),
    "IP_ADDRESS": re.compile(r"[\d:a-fA-F]*[.:][\d:a-fA-F.]+"),
    "DATE": re.compile(r"\d"),
    "AGE": re.compile(r"\d"),
    "PHONE": re.compile(r"\d"),
    "AMOUNT": re.compile(r"\d"),
    "PERCENT": re.compile(r"\d"),
    "COORDINATES": re.compile(r"\d"),
    "PERSON": re.compile(r"[^\W\d_]{2}"),
}
#: Who did something: a system as often as a person, so the value has to look like a name.
_DOERS = re.compile(
    r"(?:^| )(?:\w+ed by|\w+ed to|actor|reviewer|approver|(?:line |account |case |project )?manager|supervisor|engineer"
    r"|analyst|officer|employee|person|contact|requester|requestor|sender|recipient|participants?|attendees?|user"
    r"|on call|responsible|kunde|client|customer|nm|mitarbeiter|bearbeiter|responsable|demandeur|solicitante)(?:$| )"
)
FULL_NAME = re.compile(
    rf"{UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*(?:\s(?:{UPPER}\.?|[a-z]{{1,3}}|{UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*)){{0,3}}"
    rf"\s{UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*"
)
_PAIR = re.compile(
    r"(?<![A-Za-z])(?P<key>[A-Za-z][A-Za-z_.-]{1,30})\\{0,3}[\"']?\s?[:=]\s?\\{0,3}(?P<quote>[\"'])"
    r"(?P<value>[^\"\\\n]{2,80}?)\\{0,3}(?P=quote)"
)
_MAX_VALUE_CHARS = 2000


def find_labelled(text: str, segments: tuple[Segment, ...]) -> Iterator[Finding]:
    """Findings that cover whole values of segments whose label tells what they are."""
    known: dict[str, str | None] = {}
    for segment in chain(segments, sql_values(text)):
        if not segment.label:
            continue
        label = _plain(segment.label)
        value = text[segment.start : segment.end]
        if _MAILBOXES.match(label):
            for match in _DISPLAY_NAME.finditer(value):
                start = segment.start + match.start("name")
                yield Finding(start, start + len(match.group("name").rstrip()), "PERSON", "label/mailbox", 0.9)
            continue
        if label not in known:
            known[label] = next((entity for pattern, entity in _KINDS if pattern.search(label)), None)
        entity = known[label]
        if entity is not None and _says_something(value, entity):
            yield Finding(segment.start, segment.end, entity, f"label/{entity.lower().replace('_', '-')}", 0.85)
        elif entity in (None, "HANDLE") and _DOERS.search(label) and FULL_NAME.fullmatch(value.strip()):
            yield Finding(segment.start, segment.end, "PERSON", "label/doer", 0.8)
    yield from _paired(text)


def _paired(text: str) -> Iterator[Finding]:
    """Names in quotes after a key that running text has itself: ``name="..."`` in a log, JSON within a string."""
    for match in _PAIR.finditer(text):
        label, value = _plain(match["key"]), match["value"].strip()
        named = next((entity for pattern, entity in _KINDS if pattern.search(label)), None) == "PERSON"
        full = _DOERS.search(label) and FULL_NAME.fullmatch(value)
        if full or (named and _says_something(value, "PERSON")):
            yield Finding(match.start("value"), match.end("value"), "PERSON", "label/paired", 0.8)


def _plain(label: str) -> str:
    """The last part of a label, in lower case, its words apart: "/users/0/lastName" is "last name"."""
    last = [part for part in re.split(r"[/.>]", label) if part and not part.isdigit()]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last[-1] if last else label)
    return re.sub(r"[\s_\-:()*#]+", " ", spaced).strip().lower()


def _says_something(value: str, entity: str) -> bool:
    bare = value.strip()
    if len(bare) < 1 or len(bare) > _MAX_VALUE_CHARS or bare.lower() in _NOTHING:
        return False
    form = _ADDRESS_FORMS.get(entity)
    return form is None or form.search(bare) is not None
