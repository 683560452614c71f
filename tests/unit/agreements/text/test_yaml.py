"""What YAML could do to hide, confuse or exhaust is refused before anything is understood."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

Bend = Callable[..., bytes]
ErrorsOf = Callable[[bytes], list[tuple[str, int]]]

TRICKS = [
    ("title: Memorandum", "title: &t Memorandum", "anchor", 3),
    ("jurisdiction: FR", "jurisdiction: *x", "alias", 6),
    ("title: Memorandum", "title: !!str Memorandum", "tag", 3),
    ("title: Memorandum", "title: ! Memorandum", "tag", 3),
    ("version: 3", "version: !!python/object/apply:os.system [id]", "tag", 2),
    ("parties:\n", "parties: !!set\n", "tag", 4),
    ("submitter: {may: [push]}", "submitter: {<<: {may: [push]}}", "merge-key", 13),
    ("submitter: {may: [push]}", 'submitter: {"<<": {may: [push]}}', "unknown-key", 13),
    ("version: 3\n", "version: 3\n1: x\n", "key-not-text", 3),
    ("version: 3\n", "version: 3\ntrue: x\n", "key-not-text", 3),
    ("version: 3\n", "version: 3\n? [a, b]\n: x\n", "key-not-text", 3),
    ("version: 3\n", "version: 3\n? {a: {b: c}}\n: {d: e}\n", "key-not-text", 3),
    ("version: 3\n", "version: 3\n---\n", "multiple-documents", 3),
    ("agreement: eu-uk\n", "%YAML 1.1\n---\nagreement: eu-uk\n", "directive", 1),
    ("agreement: eu-uk\n", "%TAG ! tag:x,2000:\n---\nagreement: eu-uk\n", "directive", 1),
    ("title: Memorandum", "title: [Memorandum", "syntax", 4),
    ("  ring:\n", "\tring:\n", "syntax", 27),
    ("title: Memorandum", "title: 'Memorandum", "syntax", 3),
    ("title: Memorandum", 'title: "\\UFFFFFFFF" Memorandum', "syntax", 3),
    ("title: Memorandum", "title: \ufeffMemorandum", "character", 3),
    ("title: Memorandum", "title: Memo\u202erandum", "character", 3),
    ("title: Memorandum", "title: Memo\u200brandum", "character", 3),
    ("title: Memorandum", "title: Memo\u2028randum", "character", 3),
    ("title: Memorandum", "title: Memo\x85randum", "character", 3),
    ("title: Memorandum", "title: Memo\x00randum", "character", 3),
    ("version: 3", "version: 3 # \u202ean order", "character", 2),
    ("version: 3\n", "version: 3\r", "character", 2),
    ("title: Memorandum of understanding", 'title: "a\\u202eb"', "character", 3),
    ("title: Memorandum of understanding", 'title: "a\\nb"', "character", 3),
    ("title: Memorandum of understanding", 'title: "a\\ud800b"', "character", 3),
    ("title: Memorandum of understanding", "title: |\n  two\n  lines", "character", 3),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "line"), TRICKS, ids=[f"{t[1][:40]!a}" for t in TRICKS])
def test_a_trick_is_refused_at_its_line(
    bent: Bend, errors_of: ErrorsOf, old: str, new: str, code: str, line: int
) -> None:
    found = errors_of(bent((old, new)))
    assert [code for code, _ in found].count(code) == 1
    # A syntax error that runs on is reported where the parser can tell, which may be some lines later.
    assert (code, line) in found or code == "syntax"


def test_a_folded_text_without_last_break_is_one_line(bent: Bend, errors_of: ErrorsOf) -> None:
    assert errors_of(bent(("title: Memorandum of understanding", "title: >-\n  two\n  lines"))) == []


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "empty"),
        (b"# only a remark\n", "empty"),
        (b"\xef\xbb\xbfagreement: x\n", "character"),
        ("agreement: x\n".encode("utf-16"), "not-utf8"),
        (b"agreement: caf\xe9\n", "not-utf8"),
        (b"agreement: \xed\xa0\x80\n", "not-utf8"),
        ("agreement: \ufffe\n".encode(), "syntax"),
        (b"just a text", "wrong-type"),
        (b"[]", "wrong-type"),
        (b"x" * (256 * 1024 + 1), "too-large"),
        (b"[" * 1000, "too-deep"),
        (b"\n".join(b" " * i + b"a:" for i in range(100)), "too-deep"),
        (b"- " * 20 + b"x", "too-deep"),
        (b"[" + b"1," * 30_000 + b"1]", "too-many-nodes"),
        (b"a: &a [1]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "anchor"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_hopeless_file_has_a_clear_reason(errors_of: ErrorsOf, file: bytes, code: str) -> None:
    assert code in {found for found, _ in errors_of(file)}


def test_a_bomb_costs_no_time(errors_of: ErrorsOf) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)
    )
    began = time.process_time()
    assert "alias" in {code for code, _ in errors_of(bomb.encode())}
    # Expanded it would have 10**30 nodes; any finite time shows that it was not. Generous, not a benchmark.
    assert time.process_time() - began < 60


def test_a_duplicate_key_does_not_win(bent: Bend, errors_of: ErrorsOf) -> None:
    # The second entry would permit what the first does not; neither the first nor the last wins.
    assert ("duplicate-key", 14) in errors_of(
        bent(("  reviewer: {may: [review]}\n", "  submitter: {may: [push, pull, hold]}\n  reviewer: {may: [review]}\n"))
    )


def test_a_flood_of_errors_is_cut_off(bent: Bend, errors_of: ErrorsOf) -> None:
    names = ", ".join(f"w{i}" for i in range(3000))
    views = "".join(f"  v{i}: {{}}\n" for i in range(3000))
    flood = bent(("views: [standard]}", f"views: [{names}]}}"), ("views:\n", f"views:\n{views}"))
    assert errors_of(flood) == [("unknown-view", 11)] * 200
