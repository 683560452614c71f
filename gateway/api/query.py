"""Query parameters: what a handler does not know is refused, and paging is the same everywhere.

A parameter that was ignored would be a filter the caller believes in; so an unknown or repeated one
is an error. Identifiers in paths and queries that are not UUIDs are answered like unknown ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.errors import InvalidInput, NotFound

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


async def known_parameters(request: Request) -> None:
    """Dependency of every route: refuse query parameters it does not declare.

    Raises:
        InvalidInput: ``query-parameter-unknown``.
    """
    query = request.scope.get("query_string", b"")
    if not query:
        return
    route = request.scope.get("route")
    dependant = getattr(route, "dependant", None)
    known = set(_declared(dependant))
    names = Counter(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    for name, times in names.items():
        if name not in known or times > 1:
            raise InvalidInput(
                "query-parameter-unknown",
                "A query parameter is not known here, or stands twice.",
                remedy=f"Known here: {', '.join(sorted(known)) or 'none'}.",
                where=f"query/{name[:64]}",
            )


def _declared(dependant: Any) -> Iterator[str]:
    """Names of the parameters of a handler, and of what it depends on."""
    yield from (field.alias for field in getattr(dependant, "query_params", ()))
    for part in getattr(dependant, "dependencies", ()):
        yield from _declared(part)


def object_id(untrusted: str) -> str:
    """A UUID in canonical form.

    Raises:
        NotFound: ``not-found``; what cannot be an identifier names nothing.
    """
    if not _UUID.fullmatch(untrusted):
        raise NotFound("not-found", "There is no such object for your agency.", remedy="Check the identifier.")
    return untrusted
