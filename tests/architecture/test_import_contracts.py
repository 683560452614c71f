"""The import contracts of pyproject.toml hold, and a few rules that import-linter cannot express."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "gateway").rglob("*.py"))
PURE = ("exchange", "policy", "agreements", "redaction", "envelope", "translog", "evidence")


def test_there_are_sources() -> None:
    assert len(SOURCES) > 100


def test_import_contracts() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def _calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[len(ROOT.parts) + 1] in PURE], ids=lambda p: p.stem)
def test_the_domain_reads_no_clock_and_opens_no_file(path: Path) -> None:
    clocks = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "open", "print", "input"}
    assert not _calls(path) & clocks


def test_nobody_reads_every_version_of_every_agreement() -> None:
    """The port has no such question: each version takes milliseconds, and a push would pay for all of them."""
    assert not [p for p in SOURCES if ".agreements.all(" in p.read_text(encoding="utf-8")]


def test_only_one_module_imports_jose() -> None:
    users = [p for p in SOURCES if re.search(r"^\s*(from|import) jose\b", p.read_text(encoding="utf-8"), re.M)]
    assert [p.relative_to(ROOT).as_posix() for p in users] == ["gateway/keyring/tokens.py"]


def test_only_storage_touches_the_engine_or_a_connection() -> None:
    """Elsewhere a database is its port, whatever stands behind it."""
    storage = ROOT / "gateway" / "storage"
    touching = re.compile(r"database\.engine|\btx\.connection|cast\(\"?Postgres|isinstance\(\w+, Postgres")
    assert not [p for p in SOURCES if storage not in p.parents and touching.search(p.read_text(encoding="utf-8"))]


def test_no_module_is_named_after_nothing() -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [p for p in SOURCES if p.stem in banned or set(p.parts) & banned]


#: One file because it is read as one: the list of all ports, and the script that every export of the log carries.
LONG_BY_NATURE = {"gateway/exchange/ports.py", "gateway/blobs/standalone_verifier.py"}


def test_modules_stay_readable() -> None:
    lengths = {p.relative_to(ROOT).as_posix(): len(p.read_text().splitlines()) for p in SOURCES}
    long = {name: n for name, n in lengths.items() if n > 400 and name not in LONG_BY_NATURE}
    assert not long, "split these by what they are about"


def test_every_module_says_what_it_is_about() -> None:
    silent = [p for p in SOURCES if p.read_text().strip() and not ast.get_docstring(ast.parse(p.read_text()))]
    assert not [p.relative_to(ROOT).as_posix() for p in silent]
