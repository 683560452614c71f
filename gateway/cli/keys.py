"""``evidence-gateway keys``: the gateway's own key file, and key pairs for agencies.

``init``, ``rotate`` and ``show`` work on the gateway's passphrase-wrapped file; ``generate`` makes a pair
for an agency, which keeps the private half and hands the public half to the operator
(``agencies key``). A passphrase comes from the environment, a file or a prompt, never from the command
line, where other users of the machine could read it. What each key is for: keys/README.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import Home, Json
from gateway.errors import InvalidInput, Misconfigured

if TYPE_CHECKING:
    from gateway.settings import Settings

keys_app = typer.Typer(help="The gateway's key file (operator), and key pairs for agencies.", no_args_is_help=True)


_PASSPHRASE = "EVIDENCE_GATEWAY_PASSPHRASE"  # noqa: S105 - the name of a variable, not a passphrase
_USES = ("receiving", "signing", "authentication")


@keys_app.command("init")
def init(home: Home = None, as_json: Json = False) -> None:
    """Make the gateway's keys and write them to its key file, once.

    The passphrase is read from $EVIDENCE_GATEWAY_PASSPHRASE, from the file that
    $EVIDENCE_GATEWAY_PASSPHRASE_FILE names, or from a prompt. An existing file is never overwritten.
    """
    from gateway.bootstrap.key_files import create_keyring, public_parts

    settings = _settings(home)
    keyring = create_keyring(settings, _passphrase(settings, new=True))
    _warn(f"Wrote {settings.key_path}. Back it up, apart from its passphrase: see keys/README.md.")
    _say(public_parts(keyring, settings), as_json)


@keys_app.command("rotate")
def rotate(home: Home = None, as_json: Json = False) -> None:
    """Add a new version of the key-encryption key. What was encrypted before stays readable."""
    from gateway.bootstrap.key_files import public_parts, rotate_keyring

    settings = _settings(home)
    keyring = rotate_keyring(settings, _passphrase(settings))
    _warn("Restart every process of this gateway so that they use it, and back the key file up again.")
    _say(public_parts(keyring, settings), as_json)


@keys_app.command("show")
def show(home: Home = None, as_json: Json = False) -> None:
    """Show the public parts: release-signing key, verifier key of the log, JWKS of the tokens."""
    from gateway.bootstrap.key_files import open_keyring, public_parts

    settings = _settings(home)
    _say(public_parts(open_keyring(settings, _passphrase(settings)), settings), as_json)


@keys_app.command("generate")
def generate(
    use: Annotated[str, typer.Option("--use", help="receiving, signing or authentication.")],
    out: Annotated[Path, typer.Option("--out", help="New file for the private key; mode 0600.")],
    post_quantum: Annotated[
        bool, typer.Option("--post-quantum", help="For receiving: a key that a quantum computer does not break.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a key pair for an agency: the private half into a file, the public half on standard output.

    receiving: an age identity, to open releases. signing: ECDSA P-384, for manifests and agreements.
    authentication: ECDSA P-256, for access tokens. Send only what is printed to the gateway's operator.
    """
    from gateway.bootstrap.key_files import create_key_pair

    if use not in _USES:
        raise InvalidInput(
            "key-use-unknown",
            f"'{use}' is not a use of keys.",
            remedy=f"Say one of: {', '.join(_USES)}.",
            where="--use",
        )
    if post_quantum and use != "receiving":
        raise InvalidInput(
            "post-quantum-unavailable",
            "Only receiving keys come in a post-quantum kind so far.",
            remedy="Leave --post-quantum out.",
            where="--post-quantum",
        )
    public, further = create_key_pair(use, out, post_quantum=post_quantum)
    _warn(f"Wrote the private key to {out}. It is not encrypted: keep it where only you can read it.")
    if as_json:
        typer.echo(json.dumps({"use": use, "private_key_file": str(out), "public_key": public, **further}))
    else:
        typer.echo(public)


def _settings(home: Path | None) -> Settings:
    from gateway.settings import read_settings

    return read_settings(home=home)


def _passphrase(settings: Settings, *, new: bool = False) -> str:
    if settings.passphrase:
        return settings.passphrase
    if not sys.stdin.isatty():
        raise Misconfigured(
            "passphrase-missing",
            "The passphrase of the key file is not set, and there is no terminal to ask for it.",
            remedy=f"Set {_PASSPHRASE}, or {_PASSPHRASE}_FILE to a file that holds it.",
        )
    answer: str = typer.prompt("Passphrase of the key file", hide_input=True, confirmation_prompt=new, err=True)
    return answer


def _say(parts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(parts))
        return
    typer.echo(f"Key file: {parts['key_file']}")
    typer.echo(
        f"Key-encryption key: {parts['key_encryption_key']['id']}, version {parts['key_encryption_key']['version']}"
    )
    typer.echo(f"Verifier key of the log: {parts['log_vkey']}")
    typer.echo(f"Key of the access tokens: {json.dumps(parts['jwks'])}")
    typer.echo(f"Release-signing key:\n{parts['release_signing_key']}")


def _warn(sentence: str) -> None:
    typer.echo(sentence, err=True)
