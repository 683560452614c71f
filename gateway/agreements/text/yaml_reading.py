"""YAML into a tree of nodes, with everything clever in YAML refused.

Works on the events of PyYAML's pure-Python parser and builds no Python objects from tags, so no
input can construct anything. Anchors, aliases, merges, tags, directives and further documents are
refused: each can show a reader something other than what is enforced. JSON is read as the subset of
YAML that it is.
"""

from __future__ import annotations

import yaml

from gateway.agreements.finding import MAX_FINDINGS, AgreementFinding, AgreementInvalid, fatal
from gateway.agreements.text.source_text import character_name, decode_source, forbidden_character
from gateway.agreements.text.yaml_nodes import BrokenNode, ListNode, MapNode, Node, ScalarNode, describe, escape

MAX_DEPTH = 16
MAX_NODES = 20_000


def read_yaml(untrusted: bytes) -> tuple[Node, list[AgreementFinding]]:
    """The root node of one YAML or JSON document, and the errors after which reading could go on.

    Raises:
        AgreementInvalid: ``agreement-too-large``, ``-not-utf8``, ``-character``, ``-syntax``,
            ``-empty``, ``-too-deep``, ``-too-many-nodes``, ``-multiple-documents``, ``-directive``.
    """
    text = decode_source(untrusted)
    builder = _Builder()
    try:
        loader = yaml.SafeLoader(text)
    except yaml.YAMLError as error:  # a code point that is no character, such as U+FFFE
        raise fatal("syntax", "The file has a code point that YAML does not allow.", 1, 1, "Take it out.") from error
    try:
        while loader.check_event():
            builder.take(loader.get_event())  # type: ignore[no-untyped-call]  # missing in the stubs
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise fatal("syntax", f"This is not valid YAML: {_ascii(error.problem or 'syntax error')}.", line, column,
                     "Correct the syntax at this line; indentation is by spaces.") from error  # fmt: skip
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # ValueError: an escape such as "\UFFFFFFFF" beyond Unicode, or absurd directive numbers.
        raise fatal("syntax", "This is not valid YAML: a character or escape is not allowed.",
                     loader.line + 1, loader.column + 1, "Correct the syntax at this line.") from error  # fmt: skip
    finally:
        loader.dispose()
    if builder.root is None:
        raise fatal("empty", "The file has no content.", 1, 1, "Write an agreement; see docs/agreements.md.")
    return builder.root, builder.findings


class _Builder:
    """Turns events into nodes. One open container a level, so depth costs no recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.findings: list[AgreementFinding] = []
        self._open: list[ListNode | MapNode | None] = []  # None: a complex key, whose insides are dropped
        self._count = 0

    def take(self, event: yaml.Event) -> None:
        line, column = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (1, 1)
        if isinstance(event, yaml.DocumentStartEvent):
            if self.root is not None:
                raise fatal("multiple-documents", "The file has more than one YAML document.", line, column,
                             "Keep one agreement a file; take out the line '---'.")  # fmt: skip
            if event.version or event.tags:
                raise fatal("directive", "YAML directives (%YAML, %TAG) are not allowed.", line, column,
                             "Take out the line that begins with %.")  # fmt: skip
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line, column)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._open.pop()

    def _node(self, event: yaml.NodeEvent, line: int, column: int) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise fatal("too-many-nodes", f"The file has more than {MAX_NODES} values.", line, column,
                         "Split the agreement.")  # fmt: skip
        if isinstance(event, yaml.AliasEvent):
            self._report("alias", "An alias (*name) is not allowed: what stands here must be readable here.",
                         line, column, "Write the content out.")  # fmt: skip
        elif event.anchor is not None:
            self._report("anchor", "An anchor (&name) is not allowed.", line, column, "Take it out.")
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
            self._report("tag", "A YAML tag (!name) is not allowed.", line, column, "Take it out.")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line, column)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._container(ListNode(self._pointer(), line, column))
        elif isinstance(event, yaml.MappingStartEvent):
            self._container(MapNode(self._pointer(), line, column))
        else:
            self._place(BrokenNode(self._pointer(), line, column))

    def _scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> None:
        text = event.value
        if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
            # JSON writes characters beyond U+FFFF as a pair of \u escapes, which YAML leaves apart.
            try:
                text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
            except UnicodeDecodeError:
                text = "\ud800"  # a lone half: reported just below
        found = forbidden_character(text)
        if found is not None:
            self._report("character", f"A text contains the character {character_name(found)}, which is not allowed.",
                         line, column, "Write visible characters on one line; fold long texts with >- .")  # fmt: skip
            self._place(BrokenNode(self._pointer(), line, column))
            return
        self._place(ScalarNode(self._pointer(), line, column, text, plain=not event.style))

    def _container(self, node: ListNode | MapNode) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise fatal("too-deep", f"The file nests deeper than {MAX_DEPTH} levels.", node.line, node.column,
                         "An agreement needs five levels; look for a bracket that is not closed.")  # fmt: skip
        parent = self._open[-1] if self._open else None
        if isinstance(parent, MapNode) and parent.pending:
            # A section begins, for a reader, at its key, and not at the first line below it.
            node.line, node.column = parent.pending.line, parent.pending.column
        was_key = self._place(node)
        self._open.append(None if was_key else node)

    def _pointer(self) -> str:
        parent = self._open[-1] if self._open else None
        if isinstance(parent, ListNode):
            return f"{parent.pointer}/{len(parent.items)}"
        if isinstance(parent, MapNode):
            return f"{parent.pointer}/{escape(parent.pending.text)}" if parent.pending else parent.pointer
        return ""

    def _place(self, node: Node) -> bool:
        """Put a node where it belongs; True if it stood in the place of a key and is no text."""
        if not self._open:
            self.root = node
            return False
        parent = self._open[-1]
        if isinstance(parent, ListNode):
            parent.items.append(node)
        elif isinstance(parent, MapNode):
            if parent.pending is None:
                return self._key(parent, node)
            key, parent.pending = parent.pending, None
            if key.text.startswith("\x00"):
                return False
            if key.text not in parent.entries:
                parent.entries[key.text] = node
                parent.keys[key.text] = key
            else:
                first = parent.keys[key.text].line
                self._report("duplicate-key", f"The key {_ascii(key.text)} stands twice here; first in line {first}.",
                             key.line, key.column, "Keep one of the two.", node.pointer)  # fmt: skip
        return False

    def _key(self, parent: MapNode, node: Node) -> bool:
        pointer = f"{parent.pointer}/{escape(node.text)}" if isinstance(node, ScalarNode) else parent.pointer
        if isinstance(node, ScalarNode) and node.kind == "text" and not (node.plain and node.text == "<<"):
            parent.pending = ScalarNode(pointer, node.line, node.column, node.text, node.plain)
            return False
        if isinstance(node, ScalarNode) and node.text == "<<":
            self._report("merge-key", "A merge (<<) is not allowed: it hides keys from the reader.", node.line,
                         node.column, "Write the keys out.", pointer)  # fmt: skip
        elif node.kind != "broken":
            self._report("key-not-text", f"A key must be a text; this is {describe(node.kind)}.", node.line,
                         node.column, "Put the key in quotes if it is meant.", pointer)  # fmt: skip
        # A key nobody can write, so that the value is read past without being taken for something.
        parent.pending = ScalarNode(pointer, node.line, node.column, f"\x00{self._count}", False)
        return isinstance(node, (ListNode, MapNode))

    def _report(self, code: str, message: str, line: int, column: int, remedy: str, pointer: str | None = None) -> None:
        place = self._pointer() if pointer is None else pointer
        self.findings.append(AgreementFinding(f"agreement-{code}", message, line, column, place, remedy))
        if len(self.findings) >= MAX_FINDINGS:
            raise AgreementInvalid.of(self.findings)


def _ascii(text: str) -> str:
    return ascii(text[:60])
