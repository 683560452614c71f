"""Who speaks in a chat or an interview: the names before the colon, where several lines begin with them.

A line "mika_r: hello" alone may be anything; lines of which two and more begin with the same two and more names are
a conversation. A speaker written like a word of a system (letters with figures, dots or underscores, no capital) is a
handle, a capitalised one a person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.letters import UPPER
from gateway.detectors.text.passage import Passage, Span
from gateway.redaction.matching import words_of

_LINE = re.compile(
    r"(?m)^[ \t>]*(?:[\[(]?(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4},?\s)?\d{1,2}:\d\d(?::\d\d)?"
    r"(?:\s?[AaPp]\.?[Mm]\.?)?[\])]?[ \t]*(?:-\s)?)?"
    rf"(?:<(?P<a>[\w.@|-]{{2,32}})>|(?P<b>[A-Za-z][\w.-]{{1,30}}"
    rf"|{UPPER}[^\W\d_]+(?:[ \t]{UPPER}[\w.’'-]*){{0,2}})[ \t]?:)(?=[ \t]+\S)"
)
#: What stands before colons in forms, code and mail, and in conversations with machines.
_LABELS = frozenset(
    words_of(
        """by source its from to cc bcc subject date sent re note notes name address phone tel email e-mail fax
        http https user assistant system human bot ai model agent customer support q a question answer
        error warn warning info debug trace status result type id version summary description reason
        action actions reporter root cause impact title total price speaker interviewer interviewee
        witness judge court counsel operator advisor adviser caller host moderator appellant respondent
        claimant defendant before between ref reference objet asunto fecha nota contract term fees"""
    )
)
_HANDLE = re.compile(r"[a-z0-9][a-z0-9._|-]*")


def find_speakers(passage: Passage) -> Iterator[Span]:
    """Speakers of a conversation."""
    if passage.commercial:
        return
    found = [
        (match.group(group), match.start(group), match.end(group))
        for match in _LINE.finditer(passage.text)
        for group in ("a", "b")
        if match.group(group)
    ]
    spoken = Counter(name for name, _, _ in found if words_of(name) and not _LABELS.issuperset(words_of(name)))
    speakers = {name for name in spoken if not is_public(name)}
    if len(speakers) < 2 or max(spoken.values()) < 2:
        return
    for name, start, end in found:
        if name in speakers:
            entity = "HANDLE" if _HANDLE.fullmatch(name) else "PERSON"
            yield Span(start, end, entity, "chat/speaker", 0.6)
