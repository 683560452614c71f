"""Credentials: what opens a system must never travel with evidence, whoever it belongs to.

Published formats of keys and tokens, private keys, passwords after their name, user and password in a
connection address, and long random-looking strings after a word that calls them secret.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from gateway.detectors.passage import Passage, Span

_FORMATS = re.compile(
    r"(?<![\w-])(?:(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255}"
    r"|glpat-[\w-]{20,64}|xox[abposr]-[\w-]{10,250}|sk-(?:ant-|proj-|live-|test-)?[\w-]{16,250}|[sr]k_(?:live"
    r"|test)_[A-Za-z0-9]{10,100}"
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,500}|hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{40,250}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{40,80}|eyJ[\w-]{8,4000}\.[\w-]{4,8000}"
    r"(?:\.[\w-]{0,2000})?)(?![\w])"
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY"
    r"(?: BLOCK)?-----|$)"
)
_NAMED = re.compile(
    r"(?<![A-Za-z])(?P<word>pass(?:word|wd|phrase|code)?|pwd|secret(?:[_ -]?key)?|api[_ -]?key|access[_ -]?key"
    r"|access[_ -]?token|auth[_ -]?token|refresh[_ -]?token|client[_ -]?secret|private[_ -]?key|token|bearer"
    r"|credentials?|mot de passe|contraseña|pin)"
    r"[\"']?\s?(?:is\s+|[:=]+>?\s?|\s)[\"'`]?(?P<value>[^\s\"'`,;)}\]]{4,512})",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(?:Bearer|Basic|Token)\s+(?P<value>[A-Za-z0-9+/_.~=-]{12,4000})")
_CONNECTION = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://(?P<value>[^\s:/@]{1,64}:[^\s/@]{1,128})@")
_MIN_ENTROPY_BITS = 2.8


def find_credentials(passage: Passage) -> Iterator[Span]:
    """Credentials in a passage."""
    text = passage.text
    for match in _PRIVATE_KEY.finditer(text):
        yield Span(match.start(), match.end(), "CREDENTIAL", "credential/private-key", 1.0)
    for match in _FORMATS.finditer(text):
        yield Span(match.start(), match.end(), "CREDENTIAL", "credential/format", 0.95)
    for match in _NAMED.finditer(text):
        assigned = re.search(r"[:=]|\bis\b", text[match.end("word") : match.start("value")]) is not None
        if _looks_secret(match.group("value"), assigned):
            yield Span(match.start("value"), match.end("value"), "CREDENTIAL", "credential/named", 0.8)
    for match in _BEARER.finditer(text):
        if _looks_secret(match.group("value"), False):
            yield Span(match.start("value"), match.end("value"), "CREDENTIAL", "credential/bearer", 0.85)
    for match in _CONNECTION.finditer(text):
        yield Span(match.start("value"), match.end("value"), "CREDENTIAL", "credential/connection", 0.95)


def _looks_secret(value: str, assigned: bool) -> bool:
    """An ordinary word after "password" is prose; after "password:" it may be the password."""
    value = value.rstrip(".!?:")
    if len(value) < 4 or value.lower() in {"null", "none", "true", "false", "required", "reset", "expired", "unknown"}:
        return False
    kinds = sum(
        (any(c.islower() for c in value), any(c.isupper() for c in value[1:]), any(c.isdigit() for c in value),
         any(not c.isalnum() for c in value))
    )  # fmt: skip
    if assigned:
        return kinds >= 2 or any(c.isdigit() for c in value)
    return kinds >= 3 and len(value) >= 8 and _entropy_bits(value) >= _MIN_ENTROPY_BITS


def _entropy_bits(value: str) -> float:
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())
