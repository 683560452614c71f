"""Settings: read once, from the environment (prefix ``EVIDENCE_GATEWAY_``), with no default secrets.

Everything lies below one folder unless told otherwise, so that the embedded default needs only a
folder and a passphrase. Unknown variables with the prefix are an error: a misspelt limit is a limit
that nobody set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import get_type_hints
from urllib.parse import urlsplit

from gateway.errors import Misconfigured

PREFIX = "EVIDENCE_GATEWAY_"
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Paths are absolute; sizes are bytes; times are seconds.

    Attributes:
        home: Folder of the embedded default: database, blobs, log, key file.
        public_url: What clients call the gateway; issuer of tokens.
        database_url: PostgreSQL 15+ (``postgresql://…``); empty starts the embedded one in ``home``.
        database_password: If it does not stand in the URL.
        blob_url: ``file:///…`` or ``s3://bucket/prefix``; empty means a folder in ``home``.
        log_url: The same for log tiles and checkpoints.
        key_file: The passphrase-wrapped key file; empty means ``home/keys/gateway.key``.
        passphrase: Opens the key file. Never logged, never shown.
        log_origin: Name of the log, first line of each checkpoint; set once, at ``keys init``.
        host, port: Where ``serve`` listens.
        max_redactable_bytes: Largest exhibit that is opened for redaction; larger ones are quarantined.
        window_from_bytes: Texts, tables and JSON Lines larger than this are opened window by window.
        max_windowed_bytes: Largest exhibit that is opened so.
        max_scanned_pages: Pages of one file that are read by text recognition; a file with more is quarantined.
        sandbox_workers: Child processes that parse evidence.
        sandbox_memory_bytes: Limit of one child.
        sandbox_seconds: Wall-clock limit of one exhibit in a child; larger exhibits have more time in proportion.
        token_lifetime_seconds: Of access tokens; at most 600.
        witnesses: File with a line for each witness of the log: its verifier key and its URL.
        witness_quorum: How many of them must have cosigned a checkpoint for it to count as witnessed.
    """

    home: Path
    public_url: str = "http://127.0.0.1:8443"
    database_url: str = field(default="", repr=False)
    database_password: str = field(default="", repr=False)
    blob_url: str = ""
    log_url: str = ""
    key_file: Path | None = None
    passphrase: str = field(default="", repr=False)
    log_origin: str = "evidence-gateway.local/log"
    host: str = "127.0.0.1"
    port: int = 8443
    max_redactable_bytes: int = 64 * MIB
    window_from_bytes: int = 2 * MIB
    max_windowed_bytes: int = 1024 * MIB
    max_scanned_pages: int = 50
    sandbox_workers: int = 2
    sandbox_memory_bytes: int = 3072 * MIB
    sandbox_seconds: int = 300
    token_lifetime_seconds: int = 600
    witnesses: Path | None = None
    witness_quorum: int = 0

    @property
    def key_path(self) -> Path:
        """Where the key file lies."""
        return self.key_file or self.home / "keys" / "gateway.key"

    @property
    def blobs_at(self) -> str:
        """URL of the evidence bodies."""
        return self.blob_url or (self.home / "blobs").as_uri()

    @property
    def log_at(self) -> str:
        """URL of the published log."""
        return self.log_url or (self.home / "log").as_uri()


def read_settings(environment: Mapping[str, str] | None = None, *, home: Path | None = None) -> Settings:
    """Settings from the environment; ``home`` overrides ``EVIDENCE_GATEWAY_HOME``.

    ``EVIDENCE_GATEWAY_PASSPHRASE_FILE`` and ``…_DATABASE_PASSWORD_FILE`` name files that hold the secret.

    Raises:
        Misconfigured: ``setting-unknown`` or ``setting-invalid``; the message never shows a value of a secret.
    """
    source = os.environ if environment is None else environment
    given = {k[len(PREFIX) :].lower(): v for k, v in source.items() if k.startswith(PREFIX)}
    for name in ("passphrase", "database_password"):
        secret_file = given.pop(f"{name}_file", "")
        if secret_file and name not in given:
            try:
                given[name] = Path(secret_file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise _invalid(f"{name}_file", f"it cannot be read ({error.strerror})") from error
    given.pop("credentials", None)  # the client's, of which the server takes no notice
    known = {f.name for f in fields(Settings)}
    for name in given:
        if name not in known:
            raise Misconfigured(
                "setting-unknown",
                f"There is no setting {PREFIX}{name.upper()}.",
                remedy=f"Known are: {', '.join(sorted(PREFIX + k.upper() for k in known))}.",
            )
    kinds = get_type_hints(Settings)
    values: dict[str, object] = {}
    for name, text in given.items():
        if name == "public_url":
            values[name] = text.rstrip("/")  # it is the issuer, compared to the letter
        elif kinds[name] is int:
            try:
                values[name] = int(text)
            except ValueError:
                raise _invalid(name, "a whole number is expected") from None
        else:
            values[name] = Path(text).expanduser().absolute() if kinds[name] in (Path, Path | None) else text
    if home is not None:
        values["home"] = home.expanduser().absolute()
    values.setdefault("home", Path.home() / ".evidence-gateway")
    settings = Settings(**values)  # type: ignore[arg-type]  # each value was converted by its name above
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise _invalid("public_url", "an absolute http or https URL without query is expected")
    if parts.path not in ("", "/"):
        raise _invalid("public_url", "it must not have a path")
    if settings.database_url and not settings.database_url.startswith(("postgresql://", "postgresql+psycopg://")):
        raise _invalid("database_url", "a postgresql:// URL is expected")
    for name in ("blob_url", "log_url"):
        url = getattr(settings, name)
        if url and urlsplit(url).scheme not in ("file", "s3"):
            raise _invalid(name, "a file:// or s3:// URL is expected")
    if not 1 <= settings.token_lifetime_seconds <= 600:
        raise _invalid("token_lifetime_seconds", "1 to 600 is expected")
    if not 1 <= settings.port <= 65535:
        raise _invalid("port", "1 to 65535 is expected")
    if settings.witness_quorum < 0:
        raise _invalid("witness_quorum", "0 or more is expected")
    for name in (
        "max_redactable_bytes",
        "window_from_bytes",
        "max_windowed_bytes",
        "max_scanned_pages",
        "sandbox_workers",
        "sandbox_memory_bytes",
        "sandbox_seconds",
    ):
        if getattr(settings, name) < 1:
            raise _invalid(name, "a positive number is expected")


def _invalid(name: str, reason: str) -> Misconfigured:
    return Misconfigured(
        "setting-invalid",
        f"{PREFIX}{name.upper()} cannot be used: {reason}.",
        remedy="Correct the variable; README, 'Settings', says what each one means.",
    )
