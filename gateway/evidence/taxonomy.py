"""The vocabulary of findings: entities, the categories they belong to, and published reason codes.

A detector reports an *entity* ("EMAIL"); its *category* decides which part of a view applies
(``personal_data``, ``trade_secrets``, ``special_category``, ...); its *reason code* is what a
redaction marker and the redaction report say. Entities are the keys that a view in an agreement may
name. Legal bases are pointers to law, not advice; an agreement's own legal basis prevails.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What kind of protection a finding calls for."""

    PERSONAL_DATA = "personal-data"
    SPECIAL_CATEGORY = "special-category"
    TRADE_SECRET = "trade-secret"
    PRIVILEGE = "legal-privilege"
    THIRD_PARTY_SECRET = "third-party-secret"


class Action(StrEnum):
    """What a view does with a finding, from the most open to the strictest."""

    KEEP = "keep"
    GENERALISE = "generalise"
    PSEUDONYMISE = "pseudonymise"
    REMOVE = "remove"
    STOP = "stop"

    @property
    def strictness(self) -> int:
        """Rank for resolving overlaps: the stricter action wins."""
        return _STRICTNESS[self]


_STRICTNESS = {action: rank for rank, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A published reason for a redaction."""

    code: str
    meaning: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of span that detectors can report and views can name."""

    name: str
    category: Category
    reason: str
    meaning: str


_GDPR = "Regulation (EU) 2016/679 Art. 4(1), 5(1)(c)"
_ART9 = "Regulation (EU) 2016/679 Art. 9"
_SECRET = "Directive (EU) 2016/943 Art. 2(1)"

REASON_CODES: dict[str, ReasonCode] = {
    reason.code: reason
    for reason in (
        ReasonCode("PD-NAME", "Name of a natural person", _GDPR),
        ReasonCode("PD-CONTACT", "Means of contacting a natural person", _GDPR),
        ReasonCode("PD-ADDRESS", "Address or whereabouts", _GDPR),
        ReasonCode("PD-ID", "Official or case identifier", "Regulation (EU) 2016/679 Art. 4(1), 87"),
        ReasonCode("PD-FINANCIAL", "Account or payment identifier", _GDPR),
        ReasonCode("PD-ONLINE", "Online or device identifier", "Regulation (EU) 2016/679 recital 30"),
        ReasonCode("PD-DATE", "Date or age relating to a person", _GDPR),
        ReasonCode("PD-ORG", "Organisation through which a person may be identified", _GDPR),
        ReasonCode("PD-QUASI", "Attribute that identifies in combination", "Regulation (EU) 2016/679 recital 26"),
        ReasonCode("SC-ART9", "Special category of personal data", _ART9),
        ReasonCode("TS-COMMERCIAL", "Commercial term: price, rate, volume, period", _SECRET),
        ReasonCode("TS-MARKED", "Passage marked confidential by its owner", _SECRET),
        ReasonCode("TS-TECHNICAL", "Technical secret: model, parameters, code, prompt", _SECRET),
        ReasonCode("TS-REGISTERED", "Matches a secret registered by a party", _SECRET),
        ReasonCode("LP-PRIVILEGE", "Legal professional privilege", "Case 155/79 AM & S Europe"),
        ReasonCode("TP-CREDENTIAL", "Credential or key that opens a system", "Directive (EU) 2022/2555 Art. 21"),
        ReasonCode("TP-SECRET", "Secret of a third party", _SECRET),
    )
}

_PD, _SC, _TS = Category.PERSONAL_DATA, Category.SPECIAL_CATEGORY, Category.TRADE_SECRET

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity("PERSON", _PD, "PD-NAME", "Name of a natural person"),
        Entity("EMAIL", _PD, "PD-CONTACT", "E-mail address"),
        Entity("PHONE", _PD, "PD-CONTACT", "Telephone or fax number"),
        Entity("URL", _PD, "PD-ONLINE", "Web address"),
        Entity("HANDLE", _PD, "PD-ONLINE", "User name or handle"),
        Entity("ADDRESS", _PD, "PD-ADDRESS", "Postal address"),
        Entity("LOCATION", _PD, "PD-ADDRESS", "Place"),
        Entity("COORDINATES", _PD, "PD-ADDRESS", "Geographic coordinates"),
        Entity("DATE", _PD, "PD-DATE", "Date or time"),
        Entity("AGE", _PD, "PD-DATE", "Age"),
        Entity("ORGANISATION", _PD, "PD-ORG", "Private organisation"),
        Entity("CASE_NUMBER", _PD, "PD-ID", "Case, application, docket or file number"),
        Entity("NATIONAL_ID", _PD, "PD-ID", "National, tax or social-security number"),
        Entity("PASSPORT", _PD, "PD-ID", "Passport number"),
        Entity("DRIVER_LICENCE", _PD, "PD-ID", "Driving licence number"),
        Entity("LICENCE_PLATE", _PD, "PD-ID", "Vehicle registration"),
        Entity("MEDICAL_ID", _PD, "PD-ID", "Health-system or medical licence number"),
        Entity("REFERENCE", _PD, "PD-ID", "Customer, ticket or other reference to a person"),
        Entity("IBAN", _PD, "PD-FINANCIAL", "International bank account number"),
        Entity("BANK_ACCOUNT", _PD, "PD-FINANCIAL", "Bank account, sort or routing code"),
        Entity("CARD_NUMBER", _PD, "PD-FINANCIAL", "Payment card number"),
        Entity("CRYPTO_ADDRESS", _PD, "PD-FINANCIAL", "Crypto-asset address"),
        Entity("IP_ADDRESS", _PD, "PD-ONLINE", "IP address"),
        Entity("MAC_ADDRESS", _PD, "PD-ONLINE", "MAC address"),
        Entity("DEVICE_ID", _PD, "PD-ONLINE", "Device, session or advertising identifier"),
        Entity("NATIONALITY", _PD, "PD-QUASI", "Nationality or origin"),
        Entity("OCCUPATION", _PD, "PD-QUASI", "Occupation, rank or title"),
        Entity("QUANTITY", _PD, "PD-QUASI", "Quantity or amount relating to a person"),
        Entity("MISC", _PD, "PD-QUASI", "Other attribute that identifies in combination"),
        Entity("ETHNICITY", _SC, "SC-ART9", "Racial or ethnic origin"),
        Entity("RELIGION", _SC, "SC-ART9", "Religious or philosophical belief"),
        Entity("POLITICS", _SC, "SC-ART9", "Political opinion"),
        Entity("UNION_MEMBERSHIP", _SC, "SC-ART9", "Trade-union membership"),
        Entity("HEALTH", _SC, "SC-ART9", "Health of a person"),
        Entity("SEXUALITY", _SC, "SC-ART9", "Sex life or orientation"),
        Entity("BIOMETRIC", _SC, "SC-ART9", "Genetic or biometric data"),
        Entity("AMOUNT", _TS, "TS-COMMERCIAL", "Price, fee or other sum in a commercial passage"),
        Entity("PERCENT", _TS, "TS-COMMERCIAL", "Rate, royalty, margin or share"),
        Entity("DURATION", _TS, "TS-COMMERCIAL", "Period or deadline in a commercial passage"),
        Entity("VOLUME", _TS, "TS-COMMERCIAL", "Quantity in a commercial passage"),
        Entity("MARKED_PASSAGE", _TS, "TS-MARKED", "Passage under a confidentiality legend"),
        Entity("MODEL_DETAIL", _TS, "TS-TECHNICAL", "Architecture, weights or hyper-parameters of a model"),
        Entity("SYSTEM_PROMPT", _TS, "TS-TECHNICAL", "System prompt"),
        Entity("SOURCE_CODE", _TS, "TS-TECHNICAL", "Source code"),
        Entity("FORMULA", _TS, "TS-TECHNICAL", "Formula or process parameter"),
        Entity("REGISTERED_SECRET", _TS, "TS-REGISTERED", "Secret registered by a party"),
        Entity("PRIVILEGED", Category.PRIVILEGE, "LP-PRIVILEGE", "Privileged communication"),
        Entity("CREDENTIAL", Category.THIRD_PARTY_SECRET, "TP-CREDENTIAL", "API key, token, password or private key"),
        Entity("THIRD_PARTY_SECRET", Category.THIRD_PARTY_SECRET, "TP-SECRET", "Secret of a third party"),
    )
}

#: Entity whose identity matters, so that a pseudonym makes sense.
PSEUDONYMISABLE = frozenset(
    {"PERSON", "ORGANISATION", "EMAIL", "PHONE", "HANDLE", "IP_ADDRESS", "DEVICE_ID", "LOCATION",
     "ADDRESS", "NATIONAL_ID", "CASE_NUMBER", "REFERENCE", "BANK_ACCOUNT", "IBAN", "MAC_ADDRESS",
     "LICENCE_PLATE"}
)  # fmt: skip

#: Entity that has a coarser form: a date its year, an age its decade, an amount its band.
GENERALISABLE = frozenset({"DATE", "AGE", "AMOUNT", "PERCENT", "QUANTITY", "VOLUME", "IP_ADDRESS", "LOCATION"})

#: Evidence types: the data types that agreements permit. Free slugs are allowed in an agreement;
#: these are the ones with a published meaning.
EVIDENCE_TYPES: dict[str, str] = {
    "incident-report": "Report of an incident or harm involving an AI system",
    "system-log": "Log of an AI system or of the service around it",
    "contract": "Contract, licence or other agreement between private parties",
    "correspondence": "E-mail or letter",
    "model-artifact": "Weights, checkpoints, configurations or other parts of a model",
    "training-data": "Data used to train, tune or test a model",
    "evaluation": "Test, audit or red-team result",
    "complaint": "Complaint or testimony of an affected person",
    "technical-documentation": "Technical documentation of an AI system",
    "special-category-data": "Personal data of GDPR Art. 9",
}
