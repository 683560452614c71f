"""Options that mean the same in every command that has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

#: Of commands for the operator, who works on the gateway's own database and folders.
Home = Annotated[Path | None, typer.Option("--home", help="Folder of the gateway [$EVIDENCE_GATEWAY_HOME].")]

#: Of commands for a principal of an agency, who talks to the gateway over HTTP.
CredentialsFile = Annotated[
    Path,
    typer.Option(
        "--credentials", "-c", envvar="EVIDENCE_GATEWAY_CREDENTIALS", help="Credentials file of the principal."
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
