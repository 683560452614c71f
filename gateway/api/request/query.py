"""Query parameters: what a handler does not know is refused, and lists of objects are all read in pages alike.

A parameter that was ignored would be a filter the caller believes in; so an unknown or repeated one
is an error. Identifiers in paths and queries that are not UUIDs are answered like unknown ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Query
from pydantic import AfterValidator
from starlette.requests import Request

from gateway.api.schema.base import object_id
from gateway.errors import InvalidInput


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


#: An id in a path; what cannot be one is answered like an unknown one.
Id = Annotated[str, AfterValidator(object_id)]


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked of a list: at most ``limit`` objects, from behind the one with the id or label ``after``."""

    after: str | None
    limit: int

    def next(self, found: Sequence[str]) -> str | None:
        """Where the next page begins, given the ids or labels on this one; None once a page is not full."""
        return found[-1] if len(found) == self.limit else None


async def page(
    after: Annotated[str | None, Query(max_length=36, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page:
    """Dependency: the page that the query asks for.

    Raises:
        NotFound: ``not-found``.
    """
    return Page(None if after is None else object_id(after), limit)


async def page_by_label(
    after: Annotated[str | None, Query(max_length=64)] = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Page:
    """Dependency: the page that the query asks for, of a list by label."""
    return Page(after, limit)


Paging = Annotated[Page, Depends(page)]
PagingByLabel = Annotated[Page, Depends(page_by_label)]
