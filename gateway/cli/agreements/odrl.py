"""``agreements export-odrl`` and ``import-odrl``: agreements and release policies for other systems.

ODRL 2.2 in JSON-LD (docs/odrl.md). An import makes the very text that was exported, down to its digest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.files import read_file, write_text

if TYPE_CHECKING:
    from gateway.envelope.policy import ReleasePolicy

Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="PATH", help="Write it there.")]


def export_odrl(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An agreement, or the signed manifest of a release that was pulled.")
    ],
    out: Out = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --out: also print what ODRL can't say, as JSON.")
    ] = False,
) -> None:
    """Write an agreement, or the policy of a release, as ODRL 2.2 in JSON-LD.

    What an agreement says and ODRL can't is listed on standard error; it is carried along, so that
    'agreements import-odrl' makes the same text again.
    """
    from gateway.agreements.odrl.document import beyond_odrl, export_odrl
    from gateway.agreements.odrl.release import export_release_odrl
    from gateway.agreements.text.parsing import parse_agreement

    source = read_file(file)
    release = _release_policy(source)
    if release is not None:
        write_text(out, _json(export_release_odrl(release)))
        return
    agreement = parse_agreement(source)
    write_text(out, _json(export_odrl(agreement)))
    beyond = beyond_odrl(agreement)
    if as_json and out is not None:
        typer.echo(_json({**agreement.ref.as_dict(), "beyond_odrl": [item.as_dict() for item in beyond]}), nl=False)
        return
    typer.echo("ODRL can't say these; they are carried along:", err=True)
    for item in beyond:
        typer.echo(f"  - {item.what} ({item.clause or 'the whole agreement'}; carried in {item.carried_in})", err=True)


def import_odrl(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'agreements export-odrl' wrote.")],
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the agreement as JSON, not YAML.")] = False,
) -> None:
    """Make an agreement file of its ODRL form, with the digest that was signed.

    Nothing is ignored: a rule that is not understood, or that contradicts another, is an error.
    """
    import yaml

    from gateway.agreements.odrl.document import MAX_ODRL_BYTES, import_odrl
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.errors import IntegrityFailure

    agreement = import_odrl(read_file(file, limit=MAX_ODRL_BYTES))
    document = dict(agreement.document)
    written = _json(document)
    if not as_json:
        written = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    if parse_agreement(written.encode()).digest != agreement.digest:  # what is written must be what was read
        raise IntegrityFailure("odrl-digest-mismatch", "The written file has not the digest of the agreement.")
    write_text(out, written)
    typer.echo(f"Agreement '{agreement.id}', version {agreement.version}, digest {agreement.digest}.", err=True)


def _release_policy(source: bytes) -> ReleasePolicy | None:
    """The policy, if the file is a release manifest or a release policy; None if it is something else."""
    from gateway.envelope.manifest import MANIFEST_TYPE, ReleaseManifest
    from gateway.envelope.policy import POLICY_TYPE, ReleasePolicy
    from gateway.errors import GatewayError
    from gateway.evidence.canonical import parse_json

    try:
        kind = parse_json(source).get("type")
    except (GatewayError, AttributeError):
        return None
    if kind == MANIFEST_TYPE:
        return ReleaseManifest.parse(source).release_policy()
    return ReleasePolicy.parse(source) if kind == POLICY_TYPE else None


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
