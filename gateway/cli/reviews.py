"""``evidence-gateway reviews``: what waits for a person of the sending agency, a look at it, and the decision.

Every look and every decision is an entry of the gateway's log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli.options import CredentialsFile, Json
from gateway.cli.principal import client_of, say, say_all

reviews_app = typer.Typer(help="Reviews: list what waits, look at one, approve or reject it.", no_args_is_help=True)

_WEAKEST = 20

Rendition = Annotated[str, typer.Argument(help="Id of the rendition, as `reviews list` shows it.")]


class Answer(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


@reviews_app.command("list")
def list_waiting(credentials: CredentialsFile, as_json: Json = False) -> None:
    """List the renditions of one's own agency that wait for a person, oldest first."""
    with client_of(credentials) as client:
        found = client.reviews()
    say_all("reviews", found, _line, as_json)


@reviews_app.command("show")
def show(credentials: CredentialsFile, rendition: Rendition, as_json: Json = False) -> None:
    """Show one with its redaction report: how much was removed by which rule, and the least certain findings."""
    with client_of(credentials) as client:
        review, report = client.review(rendition), client.report(rendition)
    if as_json:
        typer.echo(json.dumps({"review": review, "report": report}, ensure_ascii=False))
        return
    typer.echo(_line(review))
    findings: list[dict[str, Any]] = report["findings"]
    counts: dict[str, int] = report.get("counts") or Counter(finding["rule"] for finding in findings)
    for rule, count in sorted(counts.items()):
        typer.echo(f"  {count:5}  {rule}")
    layers = len(report["verified"]["layers"])
    typer.echo(f"{sum(counts.values())} findings; nothing removed was found again in {layers} layers.")
    if findings:
        typer.echo(f"The least certain, at most {_WEAKEST}:")
    for finding in sorted(findings, key=lambda f: float(f["confidence"]))[:_WEAKEST]:
        typer.echo(f"  {float(finding['confidence']):.2f}  {finding['entity']}  {finding['action']}  {_place(finding)}")


@reviews_app.command("decide")
def decide(
    credentials: CredentialsFile,
    rendition: Rendition,
    answer: Annotated[Answer, typer.Argument(help="Release it, or keep it from being released.")],
    note: Annotated[str, typer.Option(help="A remark for the log, erased with the case.")] = "",
    as_json: Json = False,
) -> None:
    """Approve or reject a rendition. Exit code 3: the agreement does not let this person decide."""
    with client_of(credentials) as client:
        act = client.approve if answer is Answer.APPROVE else client.reject
        decided = act(rendition, note)
    say(decided, f"The rendition is {decided['state']}.", as_json)


def _line(item: Mapping[str, Any]) -> str:
    approvals = f"{len(item['approvals'])} of {item['approvals_needed']} approvals"
    confidence = f"lowest confidence {item['lowest_confidence']:.2f}"
    return f"{item['rendition']}  {item['state']}  {item['view']}  {approvals}  {confidence}  {item['name']}"


def _place(finding: Mapping[str, Any]) -> str:
    place = next((f"{key} {finding[key]}" for key in ("page", "cell", "path") if finding.get(key) is not None), "")
    return f"{place} characters {finding['start']}-{finding['end']}".strip()
