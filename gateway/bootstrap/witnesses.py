"""The witnesses that the settings name: their keys, their addresses, and how many must cosign.

The file that ``EVIDENCE_GATEWAY_WITNESSES`` names has a line for each witness: its verifier key (of
type 4, c2sp.org/tlog-cosignature), white space, and the URL below which it answers ``add-checkpoint``.
Empty lines and lines that begin with ``#`` are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.errors import GatewayError, Misconfigured
from gateway.settings import Settings
from gateway.translog.bundle import NO_WITNESSES, WitnessPolicy
from gateway.translog.vkey import COSIGNATURE, VerifierKey, parse_vkey

_MAX_WITNESSES = 32


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness, and the URL below which it answers, without a slash at its end."""

    vkey: VerifierKey
    url: str


def read_witnesses(settings: Settings) -> tuple[WitnessAddress, ...]:
    """The witnesses to ask; none if the settings name no file.

    Raises:
        Misconfigured: ``witnesses-file-invalid``, with the line in ``where``;
            ``witness-quorum-impossible``.
    """
    found: list[WitnessAddress] = []
    if settings.witnesses is not None:
        try:
            text = settings.witnesses.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _invalid("it cannot be read", str(settings.witnesses)) from error
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                found.append(_parse(line, f"line {number}"))
    if len({w.vkey.name for w in found}) < len(found) or len({w.vkey.public_key for w in found}) < len(found):
        # One key under two names would vote twice.
        raise _invalid("a name or a key stands in it twice", str(settings.witnesses))
    if len(found) > _MAX_WITNESSES:
        raise _invalid(f"it names more than {_MAX_WITNESSES} witnesses", str(settings.witnesses))
    if settings.witness_quorum > len(found):
        raise Misconfigured(
            "witness-quorum-impossible",
            f"{settings.witness_quorum} witnesses must cosign, but only {len(found)} are named.",
            remedy="Name more in the file of EVIDENCE_GATEWAY_WITNESSES, or lower EVIDENCE_GATEWAY_WITNESS_QUORUM.",
        )
    return tuple(found)


def witness_policy(settings: Settings) -> WitnessPolicy:
    """Whose cosignatures count, and how many a checkpoint needs.

    Raises:
        Misconfigured: As :func:`read_witnesses`.
    """
    addresses = read_witnesses(settings)
    if not addresses:
        return NO_WITNESSES
    return WitnessPolicy(settings.witness_quorum, tuple(address.vkey for address in addresses))


def _parse(line: str, where: str) -> WitnessAddress:
    parts = line.split()
    if len(parts) != 2:
        raise _invalid("a line is not a verifier key and a URL", where)
    try:
        key = parse_vkey(parts[0])
    except GatewayError as error:
        raise _invalid(error.message.rstrip(".").lower(), where) from error
    url = urlsplit(parts[1])
    if key.algorithm != COSIGNATURE:
        raise _invalid("a key is not that of a witness (type 4)", where)
    if url.scheme not in ("http", "https") or not url.netloc or url.query or url.fragment or url.username:
        raise _invalid("an address is not an absolute http or https URL without query", where)
    return WitnessAddress(key, parts[1].rstrip("/"))


def _invalid(reason: str, where: str) -> Misconfigured:
    return Misconfigured(
        "witnesses-file-invalid",
        f"The file of witnesses cannot be used: {reason}.",
        remedy="Write one witness a line: its verifier key, a space, and its URL.",
        where=where,
    )
