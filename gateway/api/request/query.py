"""Query parameters: what a handler does not know is refused, and lists of objects are all read in pages alike.

A parameter that was ignored would be a filter the caller believes in; so an unknown or repeated one
is an error. Identifiers in paths and queries that are not UUIDs are answered like unknown ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Query
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


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked of a list: at most ``limit`` objects, from behind the object with the id ``after``."""

    after: str | None
    limit: int

    def next(self, ids: Sequence[str]) -> str | None:
        """Where the next page begins, given the ids on this one; None once a page is not full."""
        return ids[-1] if len(ids) == self.limit else None


async def page(
    after: Annotated[str | None, Query(max_length=36, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page:
    """Dependency: the page that the query asks for.

    Raises:
        NotFound: ``not-found``.
    """
    return Page(None if after is None else object_id(after), limit)


Paging = Annotated[Page, Depends(page)]
