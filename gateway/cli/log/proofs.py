"""``log prove``, ``log consistency``, ``log check-proof``: proofs made from a gateway's log or from a copy.

Proofs hold hashes only, so making one from the gateway's own store is no entry of the log. Every
proof is verified against the signed checkpoint before it is written.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import Home, Json
from gateway.errors import GatewayError, InvalidInput, Unavailable

if TYPE_CHECKING:
    from gateway.translog.prover import Prover
    from gateway.translog.vkey import VerifierKey

Bundle = Annotated[
    Path | None, typer.Option("--bundle", help="An exported log, folder or zip file [this gateway's own log].")
]
Vkey = Annotated[str | None, typer.Option("--vkey", help="The log's verifier key, or a file with it [the bundle's].")]


def prove(
    index: Annotated[int, typer.Argument(min=0, help="Sequence number of the entry.")],
    out: Annotated[Path | None, typer.Option("--out", help="File for the proof [standard output].")] = None,
    cosigned: Annotated[bool, typer.Option(help="Under the latest cosigned checkpoint.")] = False,
    bundle: Bundle = None,
    vkey: Vkey = None,
    home: Home = None,
) -> None:
    """Prove that an entry is in the log: a file that anyone can check offline (c2sp.org/tlog-proof@v1)."""
    with _prover(bundle, vkey, home, cosigned=cosigned) as prover:
        proof = prover.proof(index).encode()
    if out is None:
        sys.stdout.write(proof.decode("utf-8"))
        return
    try:
        out.write_bytes(proof)
    except OSError as error:
        raise Unavailable("proof-unwritable", f"The proof cannot be written ({error.strerror}).") from error
    typer.echo(f"entry {index} of {prover.head.origin} is proved under {prover.head.size} entries: {out}")


def consistency(
    old: Annotated[int, typer.Argument(min=0, help="Size of the earlier tree.")],
    new: Annotated[int | None, typer.Option("--new", min=0, help="Size of the later tree [the latest].")] = None,
    bundle: Bundle = None,
    vkey: Vkey = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Prove that the log only grew since it had OLD entries (RFC 6962)."""
    with _prover(bundle, vkey, home) as prover:
        proof = prover.consistency(old, new)
        origin = prover.head.origin
    hashes = [base64.b64encode(item).decode("ascii") for item in proof.hashes]
    if as_json:
        answer = {
            "origin": origin,
            "from": proof.old,
            "to": proof.new,
            "from_root": proof.old_root.hex(),
            "to_root": proof.new_root.hex(),
            "hashes": hashes,
            "checkpoint": prover.note.decode("utf-8"),
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(f"{origin} grew from {proof.old} to {proof.new} entries; nothing before was changed")
    typer.echo(f"  root at {proof.old}: {proof.old_root.hex()}")
    typer.echo(f"  root at {proof.new}: {proof.new_root.hex()}")
    for line in hashes:
        typer.echo(f"  {line}")


def check_proof(
    proof: Annotated[Path, typer.Argument(help="The .tlog-proof file.")],
    entry: Annotated[Path, typer.Argument(help="A file with the entry's bytes, exactly as in the log.")],
    vkey: Annotated[str, typer.Option("--vkey", help="The log's verifier key, or a file with it.")],
    witness: Annotated[
        list[str] | None, typer.Option(help="Verifier key of a witness you trust, or a file with it; may be repeated.")
    ] = None,
    quorum: Annotated[int | None, typer.Option(min=0, help="How many of them must have cosigned [all].")] = None,
    as_json: Json = False,
) -> None:
    """Check a proof offline. Exit code 1 if it does not hold."""
    from gateway.errors import IntegrityFailure
    from gateway.translog.bundle import WitnessPolicy
    from gateway.translog.proof import parse_proof

    key = read_key(vkey)
    trusted = tuple(read_key(given) for given in witness or [])
    policy = WitnessPolicy(len(trusted) if quorum is None else quorum, trusted)
    # A line end that an editor added is no part of the entry; an entry itself never ends in one.
    leaf = _read(entry).removesuffix(b"\n")
    parsed = parse_proof(_read(proof))
    opened = parsed.verify(leaf, key, trusted)
    if not policy.met(opened.signed_by, key):
        raise IntegrityFailure(
            "log-quorum-missed",
            f"{len(policy.signers(opened.signed_by, key))} witnesses have cosigned; {policy.quorum} must.",
            remedy="Ask for a proof under a cosigned checkpoint.",
            where=str(proof),
        )
    head = opened.checkpoint
    if as_json:
        by = [signer.name for signer in opened.signed_by]
        answer = {"verified": True, "origin": head.origin, "index": parsed.index, "size": head.size, "signed_by": by}
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(f"verified: entry {parsed.index} is one of the first {head.size} entries of {head.origin}")


def read_key(given: str) -> VerifierKey:
    """A verifier key, or the one in the file of that name.

    Raises:
        InvalidInput: ``vkey-invalid``.
    """
    from gateway.translog.vkey import parse_vkey

    try:
        return parse_vkey(given)
    except GatewayError:
        path = Path(given)
        if len(given) > 4096 or "\0" in given or not path.is_file():
            raise
        return parse_vkey(path.read_text(encoding="utf-8", errors="replace").strip())


@contextmanager
def _prover(bundle: Path | None, vkey: str | None, home: Path | None, *, cosigned: bool = False) -> Iterator[Prover]:
    if bundle is None:
        from gateway.bootstrap.gateway import open_gateway
        from gateway.settings import read_settings

        with open_gateway(read_settings(home=home)) as gateway:
            reader = gateway.log_reader
            yield reader.prover(reader.cosigned() if cosigned else None)
        return

    from gateway.cli.log.bundle import open_bundle
    from gateway.translog.bundle import CHECKPOINT_FILE, COSIGNED_FILE
    from gateway.translog.checkpoint import open_checkpoint
    from gateway.translog.prover import Prover
    from gateway.translog.span import bytes_of
    from gateway.translog.vkey import VKEY_FILE

    with open_bundle(bundle) as read:

        def file(name: str) -> bytes:
            data = read(name)
            if data is None:
                raise InvalidInput(
                    "log-bundle-invalid",
                    "A file is missing in the bundle.",
                    remedy="Name what 'evidence-gateway log export' wrote.",
                    where=name,
                )
            return data

        key = read_key(vkey if vkey is not None else file(VKEY_FILE).decode("utf-8", "replace").strip())
        # The bundle has the tiles of its own size only; a cosigned checkpoint may be of an earlier one.
        tiled = open_checkpoint(file(CHECKPOINT_FILE), key).checkpoint.size
        note = file(COSIGNED_FILE if cosigned else CHECKPOINT_FILE)
        yield Prover(note, key, lambda tile: bytes_of(tile, read), tiled=tiled)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(2_000_000)
    except OSError as error:
        raise InvalidInput(
            "proof-unreadable", "A file cannot be read.", remedy="Check path and permissions.", where=str(path)
        ) from error
