"""A download that survives broken connections: it resumes where it stopped, if the file is the same.

The part on disk is continued with Range and If-Range (RFC 9110 §13.1.5, §14.2); when the entity tag
has changed, or the server sends the whole, it starts over. Nothing is verified here but the size:
the caller checks digests over the finished file, resumed or not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import httpx

from gateway.client.connection import Connection
from gateway.errors import IntegrityFailure, Unauthenticated, Unavailable

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")


class Download:
    """One file.

    Args:
        path: Address on the gateway.
        target: File to write; what it already holds is taken for a beginning, together with the tag
            in the file beside it.
        size_bytes: What the signed manifest says; more is refused before it is written.
    """

    def __init__(self, connection: Connection, path: str, target: Path, size_bytes: int) -> None:
        self._connection = connection
        self._path = path
        self._target = target
        self._tag_file = target.with_name("." + target.name + ".etag")
        self._size_bytes = size_bytes

    def run(self, on_progress: Callable[[int], None]) -> None:
        """Fetch until the file is complete and durable.

        Raises:
            IntegrityFailure: ``download-size-mismatch``.
            GatewayError: What the gateway answered, or ``connection-failed`` after the last attempt.
        """
        failures, renewed = 0, False
        while True:
            before = self._held()
            try:
                self._attempt(before, on_progress)
                break
            except Unauthenticated:
                if renewed:
                    raise
                renewed = True
                self._connection.forget_token()
            except Unavailable as error:
                # As long as bytes keep coming, a bad line may break as often as it likes.
                failures = 0 if self._held() > before else failures
                self._connection.pause_or_raise(error, failures)
                failures += 1
        self._tag_file.unlink(missing_ok=True)

    def _attempt(self, held: int, on_progress: Callable[[int], None]) -> None:
        if held == self._size_bytes and held > 0:
            return
        headers: dict[str, str] = {"Accept-Encoding": "identity"}
        if held > 0:
            headers |= {"Range": f"bytes={held}-", "If-Range": self._tag_file.read_text(encoding="ascii")}
        with self._connection.stream(self._path, headers) as response:
            start = self._start(response, held)
            tag = response.headers.get("etag", "")
            if start == 0:
                self._tag_file.write_text(tag, encoding="ascii")
            descriptor = os.open(self._target, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as stream:
                stream.seek(start)
                stream.truncate()
                done = start
                # As the pieces come: what has arrived is on disk when the line breaks.
                for piece in response.iter_raw():
                    done += len(piece)
                    if done > self._size_bytes:
                        raise _wrong_size()
                    stream.write(piece)
                    on_progress(done)
                os.fsync(stream.fileno())
        if done < self._size_bytes:
            raise Unavailable("connection-failed", "The download ended early.", remedy="Try again.")

    def _start(self, response: httpx.Response, held: int) -> int:
        """Where this answer begins in the file."""
        if response.status_code == 200:
            return 0
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if response.status_code != 206 or match is None or int(match[1]) != held or int(match[3]) != self._size_bytes:
            raise _wrong_size()
        return held

    def _held(self) -> int:
        if not self._target.exists() or not self._tag_file.exists():
            return 0
        size = self._target.stat().st_size
        return size if size <= self._size_bytes else 0


def _wrong_size() -> IntegrityFailure:
    return IntegrityFailure(
        "download-size-mismatch",
        "The gateway sends another size or range than the signed manifest names.",
        remedy="Pull again; if it persists, tell the operator.",
    )
