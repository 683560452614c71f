"""What is known before a text is planned: names of persons of the package, and registered secrets of its sender."""

from __future__ import annotations

from gateway.errors import TooLarge
from gateway.exchange.ports.redaction_job import RedactionJob
from gateway.redaction.document import Finding
from gateway.redaction.fingerprint import Register
from gateway.redaction.package_names import NameIndex

#: Names that one exhibit may contribute; a directory of more is not redacted by machine alone.
MAX_NAMES = 50_000


class Known:
    """Names and registered secrets, ready to be searched for.

    Attributes:
        names: Of persons, in the other exhibits of the package and in this one.
        register: None if the party that pushed it has registered nothing.
    """

    def __init__(self, job: RedactionJob, own_names: frozenset[str]) -> None:
        self.names = job.names | own_names
        self.index = NameIndex(self.names)
        self.register = None if job.register is None else Register(job.register.key, job.register.fingerprints)

    def find(self, text: str) -> list[Finding]:
        """All of both that stands in a text."""
        return [*self.index.find(text), *(self.register.find(text) if self.register is not None else ())]


def checked_names(names: frozenset[str]) -> frozenset[str]:
    """The names, if they are not too many to be looked for.

    Raises:
        TooLarge: ``exhibit-too-many-names``.
    """
    if len(names) > MAX_NAMES:
        raise TooLarge(
            "exhibit-too-many-names",
            f"The exhibit names {len(names)} persons; at most {MAX_NAMES} can be looked for in its package.",
            remedy="Split the file, or push it as a package of its own.",
        )
    return names
