"""The ``evidence-gateway`` command. Each command imports what it needs when it runs, so that the
agencies' commands (push, pull, decrypt, log verify) work and start quickly on the base installation.
"""

from __future__ import annotations

import sys

import typer

from gateway import __version__
from gateway.cli.agencies import agencies_app
from gateway.cli.agreements.app import agreements_app
from gateway.cli.agreements.as_of import as_of
from gateway.cli.agreements.govern import activate, end, propose, resume, suspend
from gateway.cli.agreements.simulate import simulate
from gateway.cli.decrypt import decrypt
from gateway.cli.demo.command import demo
from gateway.cli.detect import detect
from gateway.cli.doctor import doctor
from gateway.cli.failure import exit_code, report
from gateway.cli.holds import holds_app
from gateway.cli.keys import keys_app
from gateway.cli.log.app import log_app
from gateway.cli.log.audit_app import audit_app
from gateway.cli.log.erase import erase, vacuum_tables
from gateway.cli.packages import packages_app
from gateway.cli.pull import pull
from gateway.cli.push import push
from gateway.cli.redaction_explain import redaction_app
from gateway.cli.reviews import reviews_app
from gateway.cli.secrets import secrets_app
from gateway.cli.witness import witness_app
from gateway.errors import GatewayError, Misconfigured
from gateway.main.serve import serve, worker
from gateway.main.webhook import webhook

app = typer.Typer(
    name="evidence-gateway",
    help="Hand evidence of AI harms to other agencies under agreements that are enforced.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _act in (simulate, propose, activate, suspend, resume, end, as_of):
    agreements_app.command()(_act)

_AGENCY, _OPERATOR, _OFFICER = "For agencies", "For the operator", "For admins and officers"

app.command(rich_help_panel=_AGENCY)(push)
app.command(rich_help_panel=_AGENCY)(pull)
app.command(rich_help_panel=_AGENCY)(decrypt)
app.add_typer(packages_app, name="packages", rich_help_panel=_AGENCY)
app.add_typer(reviews_app, name="reviews", rich_help_panel=_AGENCY)
app.add_typer(keys_app, name="keys", rich_help_panel=_AGENCY)
app.add_typer(secrets_app, name="secrets", rich_help_panel=_AGENCY)
app.command(rich_help_panel=_OPERATOR)(serve)
app.command(rich_help_panel=_OPERATOR)(worker)
app.command(rich_help_panel=_OPERATOR)(demo)
app.command(rich_help_panel=_OPERATOR)(doctor)
app.add_typer(witness_app, name="witness", rich_help_panel=_AGENCY)
app.add_typer(agencies_app, name="agencies", rich_help_panel=_OPERATOR)
app.add_typer(agreements_app, name="agreements", rich_help_panel=_OFFICER)
app.add_typer(holds_app, name="holds", rich_help_panel=_OFFICER)
app.command(rich_help_panel=_OFFICER)(detect)
app.add_typer(redaction_app, name="redaction", rich_help_panel=_OFFICER)
for _spelling in (log_app, audit_app):
    _spelling.command("erase")(erase)
audit_app.command("vacuum")(vacuum_tables)
audit_app.command("webhook")(webhook)
app.add_typer(audit_app, name="audit", rich_help_panel=_OFFICER)
app.add_typer(log_app, name="log", rich_help_panel=_OFFICER)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"evidence-gateway {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Hand evidence of AI harms to other agencies under agreements that are enforced."""


def main() -> None:
    """Run the command line; errors of the gateway end in one sentence and an exit code."""
    try:
        app()
    except GatewayError as error:
        report(error, as_json="--json" in sys.argv)
        sys.exit(exit_code(error))
    except ModuleNotFoundError as error:
        # The base installation is the client; what the server needs is an extra.
        missing = (error.name or "").split(".")[0]
        if missing == "gateway":
            raise
        report(
            Misconfigured(
                "server-not-installed",
                f"This command needs the server part, which is not installed (no '{missing}').",
                remedy="Install it with: pip install 'evidence-gateway[server]'",
            ),
            as_json="--json" in sys.argv,
        )
        sys.exit(5)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
