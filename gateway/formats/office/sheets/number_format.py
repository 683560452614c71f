"""A stored number as a spreadsheet shows it (ECMA-376 part 1, 18.8.30), as far as evidence needs it.

Dates and times come out in ISO 8601, whatever order the format asked for, so that a detector reads
them; decimals, thousands, percent and quoted words are as formatted. What the format does not show is
not told: ``;;;`` shows nothing. Fractions and conditions are shown as the plain number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext

#: The formats that have numbers and no text in the file (18.8.30).
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "General",
    13: "General", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "0.00E+00", 49: "@",
}  # fmt: skip
_HIDDEN_PART = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|_.|\*.|\[[^\]]*\]')
_MAX_SERIAL = 2_958_466  # 10000-01-01


def show(number: str, code: str, *, from_1904: bool = False) -> str:
    """The text of a cell.

    Args:
        number: The value as it stands in the file.
        code: The number format.
        from_1904: The workbook counts its days from 1904.
    """
    try:
        value = Decimal(number.strip())
    except InvalidOperation:
        return number
    if not value.is_finite() or abs(value.adjusted()) > 300:
        return number
    section, absolute = _section(code, value)
    if section is None or section.strip().lower() in ("", "general", "@"):
        return "" if section is not None and not section.strip() and ";" in code else general(value)
    bare = _HIDDEN_PART.sub("", section)
    if re.search(r"[ymdhs]", bare, re.IGNORECASE) and not re.search(
        r"[0#?]{2}", re.sub(r"s[.,]0+", "", bare, flags=re.I)
    ):
        return _date(value, bare, elapsed=bool(re.search(r"\[[hms]+\]", section, re.I)), from_1904=from_1904)
    if "e+" in bare.lower() or "/" in bare or not re.search(r"[0#?]", bare):
        if not re.search(r"[0#?/]", bare):
            return _literals(section).strip()
        return general(value)
    return _fixed(abs(value) if absolute else value, section, bare)


def general(value: Decimal) -> str:
    """The shortest text of the number in double precision, without exponent where that is readable."""
    number = float(value)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    text = f"{number:.15g}"
    if "e" in text and 1e-5 <= abs(number) < 1e15:
        text = f"{Decimal(text):f}"
    return text


def _section(code: str, value: Decimal) -> tuple[str | None, bool]:
    """The part of the format for this sign, and whether it shows the sign itself."""
    sections = _split(code)
    if any(re.match(r"\s*\[[<>=]", section) for section in sections):
        return None, False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _split(code: str) -> list[str]:
    sections, current, quoted = [], "", False
    for index, char in enumerate(code):
        escaped = index > 0 and code[index - 1] == "\\"
        quoted ^= char == '"' and not escaped
        if char == ";" and not quoted and not escaped:
            sections.append(current)
            current = ""
        else:
            current += char
    return [*sections, current]


def _fixed(value: Decimal, section: str, bare: str) -> str:
    percent = bare.count("%")
    whole, _, fraction = bare.partition(".")
    trailing = re.search(r"[0#?.](,+)[^0#?,]*$", bare)
    thousands = len(trailing[1]) if trailing else 0
    places = min(len(re.findall(r"[0#?]", fraction)), 30)
    optional = len(re.search(r"[#?]*[^0#?]*$", fraction).group().strip("% ")) if fraction else 0  # type: ignore[union-attr]
    with localcontext() as context:
        context.prec = 500  # a double has up to 309 digits before the point
        rounded = round(value.scaleb(2 * percent - 3 * thousands), places)
    text = f"{rounded:{',' if re.search(r'[0#?],[0#?]', whole) else ''}.{places}f}"
    for _ in range(min(optional, places)):
        text = text[:-1] if text.endswith("0") else text
    text = text.rstrip(".")
    digits = len(re.findall("0", whole))
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    head, dot, tail = text.partition(".")
    text = sign + head.rjust(digits, "0") + dot + tail
    first = re.search(r"[0#?]", _HIDDEN_PART.sub(lambda m: "x" * len(m.group()), section))
    last = re.search(r"[0#?.,%][^0#?.,%]*$", _HIDDEN_PART.sub(lambda m: "x" * len(m.group()), section))
    before = _literals(section[: first.start()]) if first else ""
    after = _literals(section[last.start() + 1 :]) if last else ""
    return (before + text + "%" * percent + after).strip()


def _literals(part: str) -> str:
    kept = _LITERAL.sub(lambda m: m[1] or m[2] or m[3] or "", part)
    return re.sub(r"[0#?]", "", kept) if '"' not in part else kept


def _date(value: Decimal, bare: str, *, elapsed: bool, from_1904: bool) -> str:
    serial = float(value)
    if not 0 <= serial < _MAX_SERIAL:
        return general(value)
    if elapsed:
        seconds = round(serial * 86400)
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    # Day 60 of the 1900 calendar, 29 February 1900, never was; days before it count from one day later.
    # A spreadsheet knows no time zones; UTC here only keeps days 24 hours long.
    first = (1904, 1, 1) if from_1904 else (1899, 12, 30 if serial >= 60 else 31)
    epoch = datetime(*first, tzinfo=UTC)
    try:
        moment = epoch + timedelta(days=int(serial), seconds=round((serial % 1) * 86400))
    except OverflowError:
        return general(value)
    lower = bare.lower()
    has_date = bool(re.search(r"[yd]", lower)) or (bool(re.search("m", lower)) and not re.search(r"[hs]", lower))
    has_time = bool(re.search(r"[hs]", lower))
    date = f"{moment:%Y-%m-%d}" if has_date else ""
    if has_date and "d" not in lower:
        date = f"{moment:%Y-%m}" if "m" in lower else f"{moment:%Y}"
    elif has_date and "y" not in lower:
        date = f"{moment:%m-%d}"
    time = (f"{moment:%H:%M:%S}" if "s" in lower else f"{moment:%H:%M}") if has_time else ""
    return " ".join(part for part in (date, time) if part)
