"""What the markers in a rendition mean, on one page of plain text that is delivered beside it.

The same in all formats: a marker stands in square brackets and holds a reason code, a pseudonym or a coarser
value. The page says nothing of the exhibit; the report says what was removed where.
"""

from __future__ import annotations

from gateway.evidence.taxonomy import REASON_CODES

LEGEND_FILE = "LEGEND.txt"

_ABOUT = """\
What the marks in this exhibit mean

What was not for you to read was taken out before the exhibit was released, by the agreement under which it was
sent. In its place stands a mark in square brackets. A mark is of one of four kinds:

  [PD-NAME]              taken out; the code says why (list below)
  [Person 3f9a21]        a pseudonym: the same person bears the same one throughout this case, for your agency only
  [2019], [30–39]        made coarser: a date its year, an age its decade, an amount its band
  [image omitted]        left out as a whole, because nobody could look into it

Marks are put in by the gateway. That something is marked says that it was found, not that it is true. The
redaction report of the exhibit (evidence-gateway redaction explain) says which rule and which clause of the
agreement decided over each mark; ask the sender if you need more.

Codes, with the rule of law that usually calls for them (the agreement's own legal basis prevails):

"""


def legend() -> str:
    """The page, always the same for one version of the code list."""
    width = max(map(len, REASON_CODES)) + 2
    lines = [f"  {code:{width}}{reason.meaning} ({reason.legal_basis})" for code, reason in REASON_CODES.items()]
    return _ABOUT + "\n".join(lines) + "\n"
