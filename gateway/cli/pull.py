"""``evidence-gateway pull``: fetch releases, verify all that is signed, decrypt, acknowledge.

For agencies; needs the base installation and a credentials file (docs/api.md, "Credentials").
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import CredentialsFile, Json
from gateway.cli.principal import client_of, say_all

if TYPE_CHECKING:
    from gateway.client import GatewayClient, Pulled


def pull(
    credentials: CredentialsFile,
    releases: Annotated[
        list[str] | None, typer.Argument(metavar="[RELEASE]...", help="Ids of releases; none: all of the inbox.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to put them in, one folder each.")] = Path(
        "evidence"
    ),
    case: Annotated[str, typer.Option(help="Only releases of this case.")] = "",
    list_only: Annotated[bool, typer.Option("--list", help="Only list what could be pulled.")] = False,
    decrypt: Annotated[bool, typer.Option(help="Open the exhibits; else keep only the .age files.")] = True,
    acknowledge: Annotated[bool, typer.Option(help="Send the agency's signed acknowledgement.")] = True,
    as_json: Json = False,
) -> None:
    """Pull releases from the inbox.

    Each release is put in place only after the gateway's signature, all digests
    and the policy in the file have been verified. What is already there is left
    alone. A broken download goes on where it stopped.

    Exit codes: 0 done; 1 something does not verify (nothing of it was kept);
    3 refused by the agreement; 4 no such release; 5 not available.
    """
    from gateway.cli.transfer_display import transfer_display

    with client_of(credentials) as client:
        found = _found(client, releases, case)
        if list_only:
            say_all("releases", found, _line, as_json, f"{len(found)} can be pulled.")
            return
        pulled: list[Pulled] = []
        present = [release["id"] for release in found if (out / release["id"]).exists()]
        with transfer_display(quiet=as_json) as progress:
            for release in found:
                if release["id"] not in present:
                    done = client.pull(release["id"], out, decrypt=decrypt, acknowledge=acknowledge, progress=progress)
                    pulled.append(done)
    if as_json:
        answer = {"pulled": [_described(item) for item in pulled], "already_there": present}
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for item in pulled:
        policy = item.manifest.release_policy()
        typer.echo(
            f"{item.exhibit or item.age_file}\n  from {item.manifest.sender}, case {policy.case}, view {policy.view}; "
            f"verified{' and acknowledged' if item.acknowledged else ''}; erase by {policy.retain_until:%Y-%m-%d}"
        )
    typer.echo(f"{len(pulled)} pulled, {len(present)} already there.")


def _found(client: GatewayClient, ids: list[str] | None, case: str) -> list[dict[str, Any]]:
    found = [client.release(release_id) for release_id in ids] if ids else list(client.inbox())
    return [release for release in found if case in ("", release["case"])]


def _line(release: dict[str, Any]) -> str:
    return (
        f"{release['id']}  {release['sender']}  {release['case']}  {release['view']}  "
        f"{release['size']} bytes  until {release['deadline'][:10]}  {release['name']}"
    )


def _described(item: Pulled) -> dict[str, Any]:
    policy = item.manifest.release_policy()
    return {
        "release": item.manifest.release,
        "sender": item.manifest.sender,
        "case": policy.case,
        "view": policy.view,
        "folder": str(item.folder),
        "age_file": str(item.age_file),
        "exhibit": None if item.exhibit is None else str(item.exhibit),
        "log_position": item.manifest.log_position,
        "acknowledged": item.acknowledged,
    }
