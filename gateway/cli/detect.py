"""``evidence-gateway detect``: show what would be masked in a text under a view, without storing anything.

Two faces. ``--jsonl`` is for programs: JSON lines with ``text`` (and, if known, ``lang``) on standard
input, one line of spans for each, in order, flushed at once; the models load once. Without it, one file
is read as plain text and the findings are listed for a person, or as JSON with ``--json``. Spans are
those of the plan: overlaps resolved, recurrences included, what the view keeps left out.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from gateway.errors import InvalidInput, NotFound
from gateway.evidence.taxonomy import ENTITIES, Action, Category
from gateway.redaction.document import CanonicalText, Detector, Segment
from gateway.redaction.plan import ActionFor, Plan, build_plan
from gateway.redaction.pseudonym import Pseudonymiser

_MAX_LINE_CHARS = 64 << 20
_MAX_FILE_BYTES = 64 << 20


def detect(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A plain text file; '-' or none: stdin.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read JSON lines {"text", "lang"?} from stdin, write {"spans"} lines.')
    ] = False,
    view: Annotated[str | None, typer.Option("--view", metavar="VIEW", help="A view of the agreement.")] = None,
    agreement: Annotated[
        Path | None, typer.Option("--agreement", metavar="FILE", help="The agreement that defines the view.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings of FILE as one JSON object.")] = False,
) -> None:
    """Show what would be masked in a text.

    Without --view and --agreement the strictest view applies:
    all personal data, trade secrets and everything else that is known is removed.

    Exit codes: 0 done; 1 a detector failed; 2 bad input, the line is named;
    4 no such view; 5 a language model is missing.
    """
    action_for = _action_for(view, agreement)
    if jsonl and file is not None:
        raise InvalidInput("detect-usage", "--jsonl reads standard input, not a file.", remedy="Leave FILE out.")
    if jsonl:
        _serve_lines(action_for, sys.stdin.buffer, sys.stdout)
        return
    text = _read_file(file)
    plan = _plan_of(text, None, _load_detector(), action_for)
    if as_json:
        typer.echo(json.dumps({"spans": _spans(plan)}, ensure_ascii=False))
    else:
        _list_for_people(text, plan)


def _action_for(view: str | None, agreement: Path | None) -> ActionFor:
    if view is None and agreement is None:
        return lambda category, entity: Action.REMOVE
    if view is None or agreement is None:
        raise InvalidInput(
            "detect-usage",
            "--view and --agreement belong together.",
            remedy="Name the agreement's file and one of its views.",
        )
    from gateway.agreements.text.parsing import parse_agreement

    try:
        source = agreement.read_bytes()
    except OSError as error:
        raise NotFound(
            "file-unreadable", f"The agreement cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    parsed = parse_agreement(source)
    if view not in parsed.views:
        raise NotFound(
            "unknown-view",
            f"The agreement has no view {view!r}.",
            remedy=f"Its views are: {', '.join(sorted(parsed.views))}.",
        )
    return parsed.views[view].action


def _load_detector() -> Detector:
    from gateway.bootstrap.in_process import load_detector

    return load_detector()


def _plan_of(text: str, language: str | None, detector: Detector, action_for: ActionFor) -> Plan:
    document = CanonicalText(text, (Segment(0, len(text), "text"),), "plain", "1")
    findings = detector.detect(document, language)
    # Pseudonyms are not shown here, so any key will do; a fresh one says nothing about real ones.
    return build_plan(document, findings, action_for, Pseudonymiser(secrets.token_bytes(32)))


def _spans(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "start": each.start,
            "end": each.end,
            "category": each.category.value,
            "entity": each.entity,
            "confidence": round(each.confidence, 2),
            "action": each.action.value,
        }
        for each in plan.redactions
    ]


def _serve_lines(action_for: ActionFor, source: Any, sink: TextIO) -> None:
    detector: Detector | None = None
    for number, line in enumerate(source, start=1):
        if not line.strip():
            raise _bad_line(number, "it is empty")
        text, language = _parse_line(line, number)
        detector = detector or _load_detector()
        plan = _plan_of(text, language, detector, action_for)
        sink.write(json.dumps({"spans": _spans(plan)}) + "\n")
        sink.flush()


def _parse_line(line: bytes, number: int) -> tuple[str, str | None]:
    if len(line) > _MAX_LINE_CHARS:
        raise _bad_line(number, f"it is longer than {_MAX_LINE_CHARS} bytes")
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _bad_line(number, "it is not JSON in UTF-8") from error
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise _bad_line(number, 'it is not an object with a string "text"')
    language = value.get("lang")
    if language is not None and not isinstance(language, str):
        raise _bad_line(number, '"lang" is not a string')
    return value["text"], language


def _bad_line(number: int, why: str) -> InvalidInput:
    return InvalidInput(
        "detect-bad-line",
        f"Line {number} of the input cannot be read: {why}.",
        remedy='Each line is one JSON object: {"text": "...", "lang": "en"}; "lang" may be left out.',
        where=f"line {number}",
    )


def _read_file(file: Path | None) -> str:
    try:
        data = sys.stdin.buffer.read(_MAX_FILE_BYTES + 1) if file is None or str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise NotFound(
            "file-unreadable", f"The file cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    if len(data) > _MAX_FILE_BYTES:
        raise InvalidInput("file-too-large", "The file is larger than 64 MiB.", remedy="Cut it into parts.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "file-not-text",
            "The file is not UTF-8 text.",
            remedy="For other formats use: evidence-gateway agreements simulate.",
        ) from error


def _list_for_people(text: str, plan: Plan) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not plan.redactions:
        console.print("Nothing would be masked.")
        return
    table = Table("line", "masked", "what", "reason", "rule", "sure")
    line, position = 1, 0
    for each in plan.redactions:
        line += text.count("\n", position, each.start)
        position = each.start
        shown = " ".join(text[each.start : each.end].split())
        table.add_row(
            str(line),
            _plain(shown if len(shown) <= 40 else shown[:39] + "…"),
            ENTITIES[each.entity].meaning,
            each.reason_code,
            each.rule,
            f"{each.confidence:.0%}",
        )
    console.print(table)
    counts = Counter(each.category for each in plan.redactions)
    console.print("; ".join(f"{counts[category]} {_name(category)}" for category in Category if counts[category]))


def _plain(value: str) -> str:
    # Control characters of a foreign text must not reach a terminal, nor be read as markup.
    from rich.markup import escape

    return escape("".join(char if char.isprintable() else "�" for char in value))


def _name(category: Category) -> str:
    return category.value.replace("-", " ")
