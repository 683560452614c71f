"""The words an agreement may use: every key with its meaning, and every closed list of values.

One table for all who need it: the parser refuses what is not here, the JSON Schema publishes it,
and the messages suggest from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.agreements.model import PARTY_RIGHTS, ROLE_RIGHTS
from gateway.evidence.taxonomy import Category


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one of the document's objects."""

    name: str
    description: str
    required: bool = True


Keys = tuple[Key, ...]

DOCUMENT: Keys = (
    Key("agreement", "Identifier of the agreement; the same in all its versions."),
    Key("version", "Number of this version: 1, 2, 3 ... A signed version never changes."),
    Key("title", "What the agreement is called between the parties."),
    Key("parties", "The agencies that are bound, two or more."),
    Key("in_force", "First and last day on which the agreement can be relied on."),
    Key("legal_basis", "The provisions of law on which the parties share evidence.", required=False),
    Key("purposes", "For what evidence may be used. A purpose that is not listed is refused."),
    Key("roles", "Who a principal must be, and what that role may do and see."),
    Key("evidence", "The permitted types of evidence. What is not listed is refused."),
    Key("retention", "How long a release is kept, by evidence type; 'default' for the types not named."),
    Key("views", "Classes of readers, and what is done with findings before they may read."),
    Key("review", "When a person must approve a rendition before it is released.", required=False),
    Key("encryption", "How releases are encrypted to their recipients.", required=False),
    Key("deadlines", "How soon a package must be answered, by urgency, and deletion attested.", required=False),
    Key("safeguards", "Acts that take two different persons. Left out, all of them do.", required=False),
)
PARTY: Keys = (
    Key("agency", "Identifier of the agency as registered at the gateway."),
    Key("jurisdiction", "ISO 3166-1 alpha-2 country code, or EU for an authority of the Union."),
    Key("may", "What the agency may do under this agreement. Left out: push and pull.", required=False),
)
IN_FORCE: Keys = (
    Key("from", "First day, YYYY-MM-DD, counted in UTC."),
    Key("until", "Last day, included, YYYY-MM-DD, counted in UTC."),
)
ROLE: Keys = (
    Key("may", "What a holder of the role may do: push, pull, review, audit, hold."),
    Key("views", "The views a puller may pull. For a reviewer: the views it may review; all, if left out.",
        required=False),
    Key("needs", "Attributes a principal must also hold, all of them, such as protective-order.", required=False),
)  # fmt: skip
EVIDENCE: Keys = (
    Key("media", "Permitted media types, full (application/pdf) or short (pdf). The bytes decide, not the name."),
    Key("max_size", "Largest exhibit of this type, such as 50 MB (MB = 1,000,000 bytes)."),
    Key("opaque", "Whether exhibits may pass that the gateway cannot look into or redact.", required=False),
    Key(
        "mismatch",
        "What becomes of an exhibit whose bytes are not of the declared media type: refuse destroys it at "
        "once, quarantine keeps it until its retention is over. Left out: quarantine.",
        required=False,
    ),
)
RETENTION: Keys = (
    Key("keep", "How long a release is kept, as an ISO 8601 duration."),
    Key("counted_from", "The moment from which 'keep' counts."),
    Key("after_last_pull", "How long it is kept after it was last pulled. The earlier end wins.", required=False),
    Key("views", "Shorter retention of single views of this type. The earlier end wins.", required=False),
)
#: Retention of one view: the same but for further views.
VIEW_RETENTION: Keys = RETENTION[:-1]
VIEW: Keys = (
    Key("personal_data", "What is done with personal data.", required=False),
    Key("trade_secrets", "What is done with trade secrets.", required=False),
    Key("special_category", "What is done with special categories of personal data (GDPR Art. 9).", required=False),
    Key("legal_privilege", "What is done with privileged communications.", required=False),
    Key("third_party_secrets", "What is done with credentials and secrets of third parties.", required=False),
)
REVIEW: Keys = (
    Key("when", "Conditions, any of which calls for review: confidence-below-0.80, view-NAME, always."),
    Key("approvals", "How many different persons must approve. Left out: 1.", required=False),
    Key("not_by", "Who may not approve. The submitter never may, so left out means the same.", required=False),
)
ENCRYPTION: Keys = (Key("recipients", "Kind of the recipients' keys. Left out: classical."),)
DEADLINES: Keys = (
    Key("emergency", "Time to answer a package pushed with urgency 'emergency'.", required=False),
    Key("ordinary", "Time to answer any other package.", required=False),
    Key(
        "attestation",
        "Time for a receiver to attest that its copies are deleted, from disposal. Left out: P30D.",
        required=False,
    ),
)
SAFEGUARDS: Keys = (Key("two_persons", "Acts that take two different persons."),)

#: Section of a view -> the category of findings it rules.
CATEGORY_KEYS: dict[str, Category] = {
    "personal_data": Category.PERSONAL_DATA,
    "trade_secrets": Category.TRADE_SECRET,
    "special_category": Category.SPECIAL_CATEGORY,
    "legal_privilege": Category.PRIVILEGE,
    "third_party_secrets": Category.THIRD_PARTY_SECRET,
}

#: Closed lists in the order in which messages name them.
PARTY_RIGHT_NAMES = tuple(sorted(PARTY_RIGHTS, reverse=True))
ROLE_RIGHT_NAMES = tuple(right for right in ("push", "pull", "review", "audit", "hold") if right in ROLE_RIGHTS)
COUNTED_FROM = ("receipt", "release", "last-pull", "case-closing")
RECIPIENT_KINDS = ("classical", "post-quantum")
OPAQUE = ("allowed", "forbidden")
MISMATCH = ("refuse", "quarantine")
NOT_BY = ("submitter",)
TWO_PERSON_ACTS = ("activate", "suspend", "end", "unseal", "lift-hold", "export-log")

#: Key of the retention section that is no evidence type, and so can't be the name of one.
DEFAULT = "default"
FORBIDDEN = "forbidden"
ALWAYS = "always"
#: Key of the deadlines section that is no urgency.
ATTESTATION = "attestation"
VIEW_CONDITION = "view-"
CONFIDENCE_CONDITION = "confidence-below-"

MAX_TITLE_CHARS = 300
MAX_APPROVALS = 10
MAX_VERSION = 1_000_000
MAX_YEAR = 2200
MIN_YEAR = 1950
