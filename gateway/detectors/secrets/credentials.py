"""Credentials: what opens a system must never travel with evidence, whoever it belongs to.

Published formats of keys and tokens, private keys, passwords after their name, user and password in a connection
address or a command line, signatures in links, cookies, recovery phrases. Issuers invent prefixes faster than lists
grow, so any long random-looking string behind a short prefix counts too, unless the prefix says it is a digest.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from gateway.detectors.text.letters import in_small_letters
from gateway.detectors.text.passage import Passage, Span, spans
from gateway.redaction.matching import words_of

_FORMATS = re.compile(
    r"(?<![\w-])(?:(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255}"
    r"|glpat-[\w-]{20,64}|xox[abposr]-[\w-]{10,250}|xapp-\d-[\w-]{20,250}|sk-(?:ant-|proj-|live-|test-)?[\w-]{16,250}"
    r"|[srp]k_(?:live|test)_[A-Za-z0-9]{10,100}|whsec_[A-Za-z0-9+/=]{20,100}"
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,500}|GOCSPX-[\w-]{20,40}|hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{36}"
    r"|pypi-[\w-]{40,250}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|AC[0-9a-f]{32}|SK[0-9a-f]{32}|EAAA[A-Za-z0-9]{50,250}|ATATT3[\w=-]{50,300}"
    r"|dapi[0-9a-f]{32}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,80}|hv[sbr]\.[\w-]{20,200}|vault:v\d:[A-Za-z0-9+/=]{20,250}"
    r"|AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{40,80}|eyJ[\w-]{8,4000}\.[\w-]{4,8000}(?:\.[\w-]{0,2000})?)(?![\w])"
)
_PREFIXED = re.compile(
    r"(?<![\w./-])(?P<prefix>(?:[A-Za-z][A-Za-z0-9]{0,9}[_-]){1,3})(?P<rest>[A-Za-z0-9][\w-]{18,250})(?![\w/.-]\w|[-/])"
)
_LONG_RUN = re.compile(r"[A-Za-z0-9]{18}")
_NOT_SECRET_PREFIXES = re.compile(
    r"(?:^|[_-])(?:sha\d*|md5|commit|digest|checksum|etag|hash|blake\w*|rev|build|img|image|file|doc|uuid|id)[_-]$",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY"
    r"(?: BLOCK)?-----|$)"
)
_WORDS = r"pass(?:word|wd|phrase|code)?|pwd|passwort|kennwort|mot de passe|mdp|contraseña|clave|wachtwoord|senha"
#: In small letters: a pattern that ignores case takes several times as long.
_NAMED = re.compile(
    rf"(?<![a-z])(?P<word>(?P<password>{_WORDS})|secret(?:[_ -]?(?:access[_ -]?)?key(?:[_ -]?base)?)?|api[_ -]?key"
    r"|(?:shared)?access[_ -]?key|account[_ -]?key|signing[_ -]?key|encryption[_ -]?key|master[_ -]?key"
    r"|access[_ -]?token|auth[_ -]?token|refresh[_ -]?token|client[_ -]?secret|private[_ -]?key|token|bearer"
    r"|credentials?|pin)"
    r"[\"']?\s?(?:(?:is|was|ist|est|es)\s+|[:=]+>?\s?|\s)[\"'`]?(?P<value>[^\s\"'`,;&)}\]]{4,512})"
)
_BEARER = re.compile(r"\b(?:Bearer|Basic|Token)\s+(?P<value>[A-Za-z0-9+/_.~=-]{12,4000})")
_CONNECTION = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://(?P<value>[^\s:/@]{0,64}:[^\s/@]{1,128})@")
_COMMAND = re.compile(
    r"\s(?:-u|--user|--proxy-user)[ =](?P<a>[\w.@-]{1,64}:\S{4,128})|\s-p(?P<b>[^\s-]\S{5,64})(?=\s|$)"
)
_LINK_SIGNATURE = re.compile(
    r"https?://[^\s?#]{1,500}\?[^\s]{0,1000}?(?:\bsig|[Ss]ignature|X-Amz-Credential|X-Goog-Credential|token|secret"
    r"|key)="
    r"(?P<value>[\w%+/=.~-]{16,500})"
)
_WEBHOOK = re.compile(
    r"https://(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks"
    r"|[\w-]+\.webhook\.office\.com)/[\w/@-]{20,300}"
)
_COOKIE = re.compile(r"(?i:\b(?:Set-)?Cookie\s?:\s?)(?P<value>[^\r\n]{8,4000})")
_COOKIE_PART = re.compile(r"(?P<name>[\w.-]{1,64})=(?P<value>[^\s;]{8,2000})")
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite"})
_SESSION = re.compile(
    r"\b(?:JSESSIONID|PHPSESSID|ASP\.NET_SessionId|connect\.sid|csrf_?token|xsrf-token)=(?P<value>[^\s;&]{8,500})"
)
_ONE_TIME = re.compile(
    r"\b(?i:one[- ]time (?:code|password|pin)|verification code|security code|OTP|2FA code|code de vérification"
    r"|código de verificación)(?:\s(?:is|was|est|es))?[\s:]{1,3}(?P<value>\d{4,8})\b"
)
_PHRASE = re.compile(
    r"\b(?i:seed|recovery|mnemonic|backup)(?:\s(?:phrase|words?))?\s?(?:is|:|=)\s?[\"']?"
    r"(?P<value>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})\b"
)
_PLACEHOLDERS = frozenset(
    words_of(
        """null none true false required reset expired unknown hidden redacted removed empty changed invalid incorrect
        wrong optional missing protected string undefined"""
    )
)
_MIN_ENTROPY_BITS = 2.8


def find_credentials(passage: Passage) -> Iterator[Span]:
    """Credentials in a passage."""
    text, small = passage.text, in_small_letters(passage.text)
    yield from spans(_PRIVATE_KEY, text, "CREDENTIAL", "credential/private-key", 1.0)
    yield from spans(_FORMATS, text, "CREDENTIAL", "credential/format", 0.95)
    for match in _PREFIXED.finditer(text) if _LONG_RUN.search(text) else ():
        if not _NOT_SECRET_PREFIXES.search(match.group("prefix")) and _is_random(match.group("rest")):
            yield Span(match.start(), match.end(), "CREDENTIAL", "credential/prefixed", 0.75)
    for match in _NAMED.finditer(small):
        if _is_named(text, match):
            yield Span(match.start("value"), match.end("value"), "CREDENTIAL", "credential/named", 0.8)
    for match in _BEARER.finditer(text):
        if _looks_secret(match.group("value"), False):
            yield Span(match.start("value"), match.end("value"), "CREDENTIAL", "credential/bearer", 0.85)
    for hints, pattern, rule, confidence in (
        (("://",), _CONNECTION, "connection", 0.95),
        (("://",), _LINK_SIGNATURE, "link", 0.85),
        (("=",), _SESSION, "session", 0.85),
        (("code", "otp", "one-time", "one time"), _ONE_TIME, "one-time", 0.8),
        (("seed", "recovery", "mnemonic", "backup"), _PHRASE, "recovery-phrase", 0.85),
    ):
        # Looking for a word in it is much cheaper than looking for the pattern.
        for match in pattern.finditer(text) if any(hint in small for hint in hints) else ():
            yield Span(match.start("value"), match.end("value"), "CREDENTIAL", f"credential/{rule}", confidence)
    for match in _WEBHOOK.finditer(text) if "https://" in text else ():
        yield Span(match.start(), match.end(), "CREDENTIAL", "credential/webhook", 0.95)
    for match in _COMMAND.finditer(text):
        group = match.lastgroup or "a"
        if group == "a" or _looks_secret(match.group("b"), False):
            yield Span(match.start(group), match.end(group), "CREDENTIAL", "credential/command", 0.8)
    for header in _COOKIE.finditer(text) if "cookie" in small else ():
        for part in _COOKIE_PART.finditer(text, header.start("value"), header.end("value")):
            if part.group("name").lower() not in _COOKIE_ATTRIBUTES:
                yield Span(part.start("value"), part.end("value"), "CREDENTIAL", "credential/cookie", 0.85)


def _is_named(text: str, match: re.Match[str]) -> bool:
    between = text[match.end("word") : match.start("value")]
    value = text[match.start("value") : match.end("value")]
    if _looks_secret(value, re.search(r"[:=]|\b(?:is|was|ist|est|es)\b", between) is not None):
        return True
    # "password: letmein" at a line's end or in quotation marks is a field and its value, not prose.
    field = match.group("password") is not None and re.search(r"[:=]", between) is not None
    closed = text[match.end("value") : match.end("value") + 1] in {"", "\n", "\r", '"', "'", ";", "&", ","}
    return (
        field and closed and len(value) >= 6 and value.lower().rstrip(".!?:") not in _PLACEHOLDERS and "*" not in value
    )


def _looks_secret(value: str, assigned: bool) -> bool:
    """An ordinary word after "password" is prose; after "password:" it may be the password."""
    value = value.rstrip(".!?:")
    if len(value) < 4 or value.lower() in _PLACEHOLDERS:
        return False
    kinds = sum(
        (any(c.islower() for c in value), any(c.isupper() for c in value[1:]), any(c.isdigit() for c in value),
         any(not c.isalnum() for c in value))
    )  # fmt: skip
    if assigned:
        return kinds >= 2 or any(c.isdigit() for c in value)
    long_and_mixed = len(value) >= 20 and kinds >= 2 and any(c.isdigit() for c in value)
    return (kinds >= 3 or long_and_mixed) and len(value) >= 8 and _entropy_bits(value) >= _MIN_ENTROPY_BITS


def _is_random(value: str) -> bool:
    """Whether a run of letters and digits in it is long and mixed as no word, name or number is."""
    run = max(re.split(r"[_-]", value), key=len)
    if len(run) < 18 or _entropy_bits(run) < _MIN_ENTROPY_BITS:
        return False
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(run))
    mixed = any(c.islower() for c in run) and any(c.isupper() for c in run)
    hexadecimal = len(run) >= 24 and re.fullmatch(r"[0-9a-f]+", run) is not None
    return changes >= 3 and (mixed or hexadecimal or (run.isupper() and len(run) >= 20))


def _entropy_bits(value: str) -> float:
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())
