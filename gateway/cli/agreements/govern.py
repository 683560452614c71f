"""``agreements propose``, ``activate``, ``suspend``, ``resume``, ``end``: the operator's side of its life.

Signing is offline (``agreements sign``); what comes here are signature files and the names of the
principals who ask for an act. Each act is an entry of the log.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.files import read_file
from gateway.cli.operator import say, transaction
from gateway.cli.options import Home, Json
from gateway.errors import InvalidInput

ApprovedBy = Annotated[
    list[str], typer.Option("--approved-by", metavar="PRINCIPAL", help="Who asks for it; repeat where two must.")
]
AgreementId = Annotated[str, typer.Argument(metavar="AGREEMENT", help="The agreement's id.")]
Version = Annotated[int, typer.Argument(help="Its version.")]


def propose(
    file: Annotated[Path, typer.Argument(help="The agreement.")], home: Home = None, as_json: Json = False
) -> None:
    """Store a version for its parties to sign."""
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.exchange.parties import govern

    source = read_file(file)
    agreement = parse_agreement(source)
    with transaction(home) as (tx, now):
        govern.propose(tx, agreement, source.decode("utf-8"), now)
    say(
        agreement.ref.as_dict(),
        f"Proposed {agreement.id} version {agreement.version}; each party now signs the digest {agreement.digest}.",
        as_json,
    )


def activate(
    agreement: AgreementId,
    version: Version,
    signature: Annotated[list[Path], typer.Option(help="Signature files of the parties; may be repeated.")],
    approved_by: ApprovedBy,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hand in the parties' signatures and put the version into force; it supersedes the one before."""
    from gateway.agreements.signing import parse_party_signature
    from gateway.exchange.parties import govern

    signatures = [parse_party_signature(read_file(path)) for path in signature]
    with transaction(home) as (tx, now):
        for signed in signatures:
            if (signed.ref.id, signed.ref.version) != (agreement, version):
                raise InvalidInput(
                    "agreement-signature-other-version",
                    f"The signature of '{signed.agency}' is for {signed.ref.id} version {signed.ref.version}.",
                    remedy="Hand in signatures over the version that is to be activated.",
                )
            govern.sign(tx, signed, now)
        govern.activate(tx, agreement, version, approved_by, now)
    say({"active": {"id": agreement, "version": version}}, f"{agreement} version {version} is in force.", as_json)


def suspend(
    agreement: AgreementId, version: Version, approved_by: ApprovedBy, home: Home = None, as_json: Json = False
) -> None:
    """Suspend an active version; pulls stop at once."""
    from gateway.exchange.parties import govern

    with transaction(home) as (tx, now):
        govern.suspend(tx, agreement, version, approved_by, now)
    say({"suspended": {"id": agreement, "version": version}}, f"{agreement} version {version} is suspended.", as_json)


def resume(
    agreement: AgreementId, version: Version, approved_by: ApprovedBy, home: Home = None, as_json: Json = False
) -> None:
    """Put a suspended version back into force; takes as many persons as an activation."""
    from gateway.exchange.parties import govern

    with transaction(home) as (tx, now):
        govern.resume(tx, agreement, version, approved_by, now)
    say({"active": {"id": agreement, "version": version}}, f"{agreement} version {version} is in force.", as_json)


def end(
    agreement: AgreementId, version: Version, approved_by: ApprovedBy, home: Home = None, as_json: Json = False
) -> None:
    """End a version for good; what was released under it can no longer be pulled."""
    from gateway.exchange.parties import govern

    with transaction(home) as (tx, now):
        govern.end(tx, agreement, version, approved_by, now)
    say({"ended": {"id": agreement, "version": version}}, f"{agreement} version {version} has ended.", as_json)
