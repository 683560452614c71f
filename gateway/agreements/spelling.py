"""How one document differs from another in spelling: a list of places, each as written or absent.

Used where two documents mean the same and the digest of one of them counts: what is signed is the
text, so its very spelling has to come through an export. Lists of different length, or of texts, are
replaced as a whole, since the order of a list is part of what was signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.agreements.text.yaml_nodes import escape

Spelling = list[dict[str, Any]]


def spelling_of(plain: Any, written: Any) -> Spelling:
    """What has to be changed in ``plain`` to make it ``written``; empty if nothing."""
    return [*_differences(plain, written, "")]


def spelled(plain: Mapping[str, Any], spelling: Spelling) -> dict[str, Any]:
    """``plain`` with the changes made; the inverse of :func:`spelling_of`.

    Raises:
        LookupError, TypeError, ValueError: If a place does not exist.
    """
    document: Any = _copy(plain)
    for change in spelling:
        *path, last = [token.replace("~1", "/").replace("~0", "~") for token in change["clause"].split("/")[1:]]
        holder = document
        for token in path:
            holder = holder[int(token)] if isinstance(holder, list) else holder[token]
        key: Any = int(last) if isinstance(holder, list) else last
        if "written" in change:
            holder[key] = _copy(change["written"])
        else:
            del holder[key]
    if not isinstance(document, dict):
        raise TypeError("an agreement is an object")
    return document


def _differences(plain: Any, written: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if isinstance(plain, Mapping) and isinstance(written, Mapping):
        for key in plain.keys() - written.keys():
            yield {"clause": f"{pointer}/{escape(key)}", "absent": True}
        for key, value in written.items():
            if key in plain:
                yield from _differences(plain[key], value, f"{pointer}/{escape(key)}")
            else:
                yield {"clause": f"{pointer}/{escape(key)}", "written": value}
    elif _same_objects(plain, written):
        for index, value in enumerate(written):
            yield from _differences(plain[index], value, f"{pointer}/{index}")
    elif plain != written or type(plain) is not type(written):
        yield {"clause": pointer, "written": written}


def _same_objects(plain: Any, written: Any) -> bool:
    both = isinstance(plain, list) and isinstance(written, list) and len(plain) == len(written)
    return both and all(isinstance(item, Mapping) for item in (*plain, *written))


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
