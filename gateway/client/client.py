"""The client as its callers see it: one object, one principal, one gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from gateway.client import auditing, custody
from gateway.client import pull as pulling
from gateway.client import push as pushing
from gateway.client.connection import Connection
from gateway.client.credentials import Credentials
from gateway.client.progress import Progress, silent
from gateway.client.pull import Pulled
from gateway.client.push import ExhibitFile, Pushed


class GatewayClient:
    """Push, follow, pull. All methods raise :class:`gateway.errors.GatewayError` and nothing else.

    Args:
        credentials: Whose client this is.
        transport: Any httpx transport, for tests and unix sockets.
    """

    def __init__(self, credentials: Credentials, *, transport: httpx.BaseTransport | None = None) -> None:
        self.connection = Connection(credentials, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.connection.close()

    def push(
        self,
        files: Sequence[ExhibitFile],
        *,
        agreement: str,
        case: str,
        purpose: str,
        urgency: str = "ordinary",
        note: str = "",
        progress: Progress = silent,
    ) -> Pushed:
        """Push files as one package; see :func:`gateway.client.push.push`."""
        return pushing.push(
            self.connection,
            files,
            agreement=agreement,
            case=case,
            purpose=purpose,
            urgency=urgency,
            note=note,
            progress=progress,
        )

    def wait(self, package_id: str, *, timeout_seconds: float = 300.0) -> dict[str, Any]:
        """Follow a package until it is released, stopped, or waits for a person."""
        return pushing.wait(self.connection, package_id, timeout_seconds=timeout_seconds)

    def package(self, package_id: str) -> dict[str, Any]:
        """State of a package of one's own agency."""
        return self._object(f"/v1/packages/{package_id}")

    def packages(self) -> Iterator[dict[str, Any]]:
        """All packages that one's own agency pushed, newest first."""
        return self._pages("/v1/packages", "packages")

    def withdraw(self, package_id: str, reason: str = "") -> dict[str, Any]:
        """Take a package back."""
        return self._posted(f"/v1/packages/{package_id}/withdraw", {"reason": reason})

    def inbox(self) -> Iterator[dict[str, Any]]:
        """Releases that one may pull now, newest first."""
        return self._pages("/v1/inbox", "releases")

    def release(self, release_id: str) -> dict[str, Any]:
        """Describe a release."""
        return self._object(f"/v1/releases/{release_id}")

    def report(self, rendition_id: str) -> dict[str, Any]:
        """The redaction report of a rendition."""
        return self._object(f"/v1/renditions/{rendition_id}/report")

    def pull(
        self,
        release_id: str,
        out_dir: Path,
        *,
        decrypt: bool = True,
        acknowledge: bool = True,
        progress: Progress = silent,
    ) -> Pulled:
        """Pull and verify one release; see :func:`gateway.client.pull.pull`."""
        return pulling.pull(
            self.connection, release_id, out_dir, decrypt=decrypt, acknowledge=acknowledge, progress=progress
        )

    def reviews(self) -> list[dict[str, Any]]:
        """Renditions of one's own agency that wait for a person."""
        return list(self._pages("/v1/reviews", "reviews"))

    def review(self, rendition_id: str) -> dict[str, Any]:
        """One rendition in review, as its reviewer sees it; its redaction report is :meth:`report`."""
        return self._object(f"/v1/reviews/{rendition_id}")

    def approve(self, rendition_id: str, note: str = "") -> dict[str, Any]:
        """Approve a rendition for release."""
        return self._posted(f"/v1/reviews/{rendition_id}/approve", {"note": note})

    def reject(self, rendition_id: str, note: str = "") -> dict[str, Any]:
        """Keep a rendition from being released."""
        return self._posted(f"/v1/reviews/{rendition_id}/reject", {"note": note})

    def holds(self) -> list[dict[str, Any]]:
        """Holds in force on what concerns one's own agency."""
        found: list[dict[str, Any]] = self._object("/v1/holds")["holds"]
        return found

    def place_hold(self, reason: str, *, expires_at: str | None = None, **target: str) -> dict[str, Any]:
        """Place a hold; ``target`` is ``package=``, ``exhibit=``, or ``agreement=`` with ``case=``."""
        expiry = {} if expires_at is None else {"expires_at": expires_at}
        return self._posted("/v1/holds", {**target, **expiry, "reason": reason})

    def lift_hold(self, hold_id: str) -> dict[str, Any]:
        """Ask to lift a hold; the answer says whether it is lifted."""
        return self._posted(f"/v1/holds/{hold_id}/lift", {})

    def close_case(self, agreement: str, case: str) -> dict[str, Any]:
        """Close a case that one's own agency opened."""
        return self._posted(f"/v1/cases/{agreement}/{case}/close", {})

    def deadlines(self, *, late: bool = False) -> Iterator[dict[str, Any]]:
        """Packages that wait for an answer, soonest due first; or those that were answered too late."""
        return self._pages("/v1/deadlines", "deadlines", {"late": "true"} if late else {})

    def duties(self) -> Iterator[dict[str, Any]]:
        """Duties to attest deletion: one's own and those owed to one."""
        return self._pages("/v1/duties", "duties")

    def attest(self, duty: dict[str, Any], deleted_at: datetime) -> dict[str, Any]:
        """Sign and send the attestation of a duty; see :func:`gateway.client.custody.attest`."""
        return custody.attest(self.connection, duty, deleted_at)

    def certificates(self) -> Iterator[dict[str, Any]]:
        """Certificates of destruction that concern one's own agency, newest first."""
        return self._pages("/v1/certificates", "certificates")

    def certificate(self, certificate_id: str) -> custody.FetchedCertificate:
        """A certificate, verified; see :func:`gateway.client.custody.fetch_certificate`."""
        return custody.fetch_certificate(self.connection, certificate_id)

    def gateway(self) -> dict[str, Any]:
        """What the gateway says of itself: name, keys, log. Not to be trusted for pinning by itself."""
        return self._object("/v1/gateway")

    def log_entries(self, start: int = 0, limit: int = 100) -> dict[str, Any]:
        """Entries of the log that one's agency may see."""
        answer: dict[str, Any] = self.connection.get("/v1/log/entries", {"start": start, "limit": limit})
        return answer

    def audit(self, question: str = "entries", **filters: str | int) -> dict[str, Any]:
        """An officer's question to the log: ``entries``, ``readers/<exhibit>``, ``denials`` or ``access``.

        Args:
            filters: As docs/audit.md lists them: ``principal``, ``exhibit``, ``since``...
        """
        answer: dict[str, Any] = self.connection.get(f"/v1/audit/{question}", filters)
        return answer

    def redaction_statistics(self, agreement: str) -> dict[str, Any]:
        """Redactions by rule over the newest reports under an agreement."""
        answer: dict[str, Any] = self.connection.get("/v1/audit/redactions", {"agreement": agreement})
        return answer

    def audit_extract(self, out: Path, form: str, **filters: str) -> auditing.Extracted:
        """Everything that a search finds, into a file; see :func:`gateway.client.auditing.extract`."""
        return auditing.extract(self.connection, out, form, filters)

    def erasures(self) -> list[dict[str, Any]]:
        """Erasures that wait for a second officer."""
        found: list[dict[str, Any]] = self._object("/v1/audit/erasures")["erasures"]
        return found

    def ask_erasure(self, legal_basis: str, **target: str | int | list[str]) -> dict[str, Any]:
        """Ask for an erasure; ``target`` is ``case=``, or ``entry=`` with or without ``fields=``."""
        return self._posted("/v1/audit/erasures", {**target, "legal_basis": legal_basis})

    def confirm_erasure(self, erasure_id: str) -> dict[str, Any]:
        """Confirm what another officer has asked for: it is erased with the answer."""
        return self._posted(f"/v1/audit/erasures/{erasure_id}/confirm", {})

    def _object(self, path: str) -> dict[str, Any]:
        value: dict[str, Any] = self.connection.get(path)
        return value

    def _posted(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        value: dict[str, Any] = self.connection.post(path, body)
        return value

    def _pages(self, path: str, member: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        after: str | None = None
        while True:
            page = self.connection.get(
                path, {"limit": 100, **(query or {}), **({} if after is None else {"after": after})}
            )
            yield from page[member]
            after = page["next"]
            if after is None:
                return
