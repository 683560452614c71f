"""An officer's requests that are more than one call: an extract of the log into a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from gateway.client.connection import Connection
from gateway.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Extracted:
    """An extract, written to a file. Its SHA-256 (hex) stands in the log, in an entry ``log.extract``."""

    path: Path
    sha256: str
    entries: int
    log_size: int


def extract(connection: Connection, out: Path, form: str, filters: Mapping[str, str]) -> Extracted:
    """Fetch everything that a search finds; the file is there only if all of it came.

    Args:
        out: The file, replaced if it exists.
        form: ``jsonl``, ``csv``, ``ocsf`` or ``pdf``.
        filters: As docs/audit.md lists them.

    Raises:
        Unavailable: ``connection-failed``, ``export-unwritable``. Denied, TooLarge, ...: as the gateway says.
    """
    address = "/v1/audit/export?" + urlencode({**filters, "form": form})
    part, digest = out.with_name(out.name + ".part"), hashlib.sha256()
    try:
        with connection.stream(address, {"Accept": "*/*"}) as answer, part.open("wb") as file:
            for piece in answer.iter_bytes():
                digest.update(piece)
                file.write(piece)
            entries, size = int(answer.headers["Evidence-Entries"]), int(answer.headers["Evidence-Log-Size"])
        part.replace(out)
    except OSError as error:
        raise Unavailable(
            "export-unwritable", "The export cannot be written.", remedy="Choose another place.", where=str(out)
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return Extracted(out, digest.hexdigest(), entries, size)
