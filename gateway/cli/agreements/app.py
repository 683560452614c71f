"""``evidence-gateway agreements``: check, read, compare, sign and translate agreement files.

Nothing here needs a server or a database, but ``simulate-past`` and ``lint --home``. Commands that change
what is in force (propose, activate) join this app from modules of their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.agreements.diff import diff
from gateway.cli.agreements.lint import lint
from gateway.cli.agreements.matrix import matrix
from gateway.cli.agreements.odrl import export_odrl, import_odrl
from gateway.cli.agreements.past import simulate_past
from gateway.cli.files import read_file, write_file
from gateway.cli.options import Json

agreements_app = typer.Typer(
    help="Data-sharing agreements: check, read, compare, sign, put into force.", no_args_is_help=True
)

AgreementFile = Annotated[Path, typer.Argument(metavar="FILE", help="An agreement file, YAML or JSON.")]

for _command in (lint, matrix, diff, simulate_past, export_odrl, import_odrl):
    agreements_app.command()(_command)


@agreements_app.command("show")
def show(file: AgreementFile, as_json: Json = False) -> None:
    """Say in plain words what an agreement permits, hides, keeps and asks for."""
    from gateway.agreements.explain import explain_agreement
    from gateway.agreements.text.parsing import parse_agreement

    agreement = parse_agreement(read_file(file))
    if as_json:
        answer = {**agreement.ref.as_dict(), "document": agreement.document}
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        typer.echo(explain_agreement(agreement), nl=False)


@agreements_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of agreement files, for an editor."""
    from gateway.agreements.schema import agreement_schema

    typer.echo(json.dumps(agreement_schema(), indent=2, ensure_ascii=False))


@agreements_app.command("sign")
def sign(
    file: AgreementFile,
    key: Annotated[Path, typer.Option("--key", metavar="PEM", help="The agency's private signing key, PEM.")],
    agency: Annotated[str, typer.Option("--agency", metavar="ID", help="The party that signs.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the signature.")],
    as_json: Json = False,
) -> None:
    """Sign a version of an agreement for a party, offline; the key stays where it is.

    Read what 'agreements show' says first: the signature covers every word of the file but its remarks.
    """
    from gateway.agreements.signing import PartySignature, statement, verify_party_signature
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.envelope import signature as ecdsa

    agreement = parse_agreement(read_file(file))
    private = ecdsa.load_private_key(read_file(key, limit=ecdsa.MAX_PEM_BYTES))
    signed = PartySignature(agreement.ref, agency, ecdsa.sign(private, statement(agreement.ref)))
    # Checked before it is written: an agency that is not a party, or a faulty key, must not get that far.
    verify_party_signature(agreement, signed, ecdsa.public_pem(private.public_key()))
    write_file(out, signed.to_json())
    answer: dict[str, Any] = {**agreement.ref.as_dict(), "agency": agency, "signature_file": str(out)}
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"Signed version {agreement.version} of '{agreement.id}' for {agency}.")
        typer.echo(f"  digest:    {agreement.digest}")
        typer.echo(f"  signature: {out}")
