"""Names of blobs: made by the gateway itself, checked all the same before they touch a store.

A name is one to eight segments of lower-case letters, digits, dots, hyphens and underscores, joined
by ``/``; no segment begins or ends with a dot. So no name can leave its folder, hide, carry a query
string into an object store or mean two things on a file system that folds case.
"""

from __future__ import annotations

import re

from gateway.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9_-](?:[a-z0-9._-]{0,98}[a-z0-9_-])?(?:/[a-z0-9_-](?:[a-z0-9._-]{0,98}[a-z0-9_-])?){0,7}")


def check_blob_name(name: str) -> str:
    """Return the name if it has the safe form.

    Raises:
        InvalidInput: ``blob-name-invalid``.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "blob-name-invalid",
            "The name of a blob is not of the safe form.",
            remedy="Use lower-case letters, digits, dots, hyphens and underscores, in segments joined by '/'.",
        )
    return name
