"""The catalogue of error codes, read off the source: ``python -m tests.architecture.error_catalogue > docs/errors.md``.

Every call that makes an error of the family (or a denial of the policy) with a literal code becomes a
row. Calls through a local helper that fixes the code are found where the helper makes the error.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from gateway import errors

ROOT = Path(__file__).resolve().parents[2]
_FAMILY = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.GatewayError)
}
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_STATUS = {
    "InvalidInput": 400, "TooLarge": 413, "DigestMismatch": 422, "Unauthenticated": 401, "Denied": 403, "NotFound": 404,
    "Conflict": 409, "Unavailable": 503,
}  # fmt: skip


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    """(code, class, message, remedy, module) of every error made in gateway/."""
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "check_size" and len(node.args) > 2:
                # The file limits of the formats, refused in one place.
                code = _text(node.args[2])
                if _CODE.fullmatch(code):
                    yield code, "Unparsable", "The file is larger than this format is opened.", "", module
                continue
            if name not in _FAMILY and name not in ("deny", "Refusal", "kind"):
                continue
            code = _text(node.args[0]) if node.args else ""
            if not _CODE.fullmatch(code):
                continue
            message = _text(node.args[1]) if len(node.args) > 1 and name in _FAMILY else ""
            remedy = next((_text(k.value) for k in node.keywords if k.arg == "remedy"), "")
            yield code, name if name in _FAMILY else "Denied", message, remedy, module


def _text(node: ast.AST) -> str:
    """A literal's text; what is filled in at run time becomes an ellipsis."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(v) if isinstance(v, ast.Constant) else "…" for v in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "…"


def catalogue() -> str:
    """The page."""
    found: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for code, kind, message, remedy, module in rows():
        found[code].append((kind, message, remedy, module))
    lines = [
        "# Error codes",
        "",
        "Read off the source by `python -m tests.architecture.error_catalogue`; a test keeps it true. A code is",
        "stable: it is never reworded and never used for another thing. Over HTTP an error is an RFC 9457 problem",
        "document with `code`; commands print `error [code]` and exit as `gateway/cli/failure.py` says. `…` stands for",
        "what is filled in. Codes of agreement files are explained at length in [agreements.md](agreements.md).",
        "",
        "| code | HTTP | what went wrong | what to do | where |",
        "|---|---|---|---|---|",
    ]
    for code in sorted(found):
        kinds = sorted({kind for kind, *_ in found[code]})
        message = max((m for _, m, _, _ in found[code]), key=len)
        remedy = max((r for _, _, r, _ in found[code]), key=len)
        modules = sorted({m.removeprefix("gateway/").removesuffix(".py") for *_, m in found[code]})
        status = "/".join(sorted({str(_STATUS.get(kind, "")) for kind in kinds} - {""}))
        cells = (f"`{code}`", status, message, remedy, ", ".join(modules[:3]))
        lines.append("| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(catalogue(), end="")  # noqa: T201
