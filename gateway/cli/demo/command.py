"""The ``demo`` command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.errors import InvalidInput

if TYPE_CHECKING:
    from gateway.agreements.model import Agreement
    from gateway.cli.demo.evidence import DemoExhibit


def demo(
    files: Annotated[list[Path] | None, typer.Argument(help="Your own files instead of invented evidence.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the demonstration's gateway lives.")] = Path(".demo"),
    results: Annotated[Path, typer.Option(help="Where results go; emptied first.")] = Path("demo-results"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Tear down what an earlier run left, and begin anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Play one package all the way: push, refuse, redact, review, seal, pull, verify."""
    from rich.console import Console

    from gateway.cli.demo.evidence import demo_exhibits
    from gateway.cli.demo.stage import Server, set_up, tear_down
    from gateway.cli.demo.story import Story

    console = Console(stderr=as_json, highlight=False)
    if fresh:
        tear_down(folder)
    if results.exists():
        if any(results.iterdir()) and not (results / "pushed").is_dir():
            raise InvalidInput(
                "demo-results-not-ours",
                f"The folder {results} holds other things and will not be emptied.",
                remedy="Name another folder with --results.",
            )
        shutil.rmtree(results)
    results.mkdir(parents=True)
    console.print("[bold]Evidence gateway: one package, all the way[/bold]")
    console.print("Everything runs on this machine; every agency, person and number is invented.")
    stage = set_up(folder.absolute(), lambda sentence: console.print(f"   {sentence}", markup=False))
    exhibits = _own(files, stage.agreement) if files else demo_exhibits()
    server = Server(stage)
    try:
        server.wait_until_ready()
        story = Story(stage, console, results.absolute(), exhibits)
        story.push()
        story.process()
        story.pull()
        story.decrypt()
        story.refuse_stranger()
        story.audit()
        story.compare()
        story.end()
    finally:
        server.stop()
    if as_json:
        typer.echo(json.dumps({"case": story.case, "package": story.package, "results": str(story.results)}))


def _own(files: list[Path], agreement: Agreement) -> list[DemoExhibit]:
    """The caller's files, each declared as the first evidence type that takes its media type."""
    from gateway.cli.demo.evidence import DemoExhibit
    from gateway.simulation.one_reader import declared_media_type, fitting_type

    exhibits = []
    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InvalidInput(
                "file-unreadable", f"{path} cannot be read: {error.strerror}.", remedy="Give files that exist."
            ) from error
        media_type = declared_media_type(path)
        evidence_type = fitting_type(agreement, media_type) or next(iter(agreement.evidence))
        exhibits.append(DemoExhibit(path.name, evidence_type, media_type, data))
    return exhibits
