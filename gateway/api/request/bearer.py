"""Bearer tokens (RFC 6750) in the Authorization header, and the principal behind them.

Only the header is looked at: a token in a query or form would end up in access logs. The token says
who asks; what that principal is today (roles, attributes, whether it still exists) is read from the
directory in the transaction of the request, so a change counts at once and not when the token ends.
"""

from __future__ import annotations

import re

from starlette.requests import Request

from gateway.errors import Unauthenticated

MAX_TOKEN_CHARS = 4096
_CREDENTIALS = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/-]+=*)")


def bearer_token(request: Request) -> str:
    """The token of the request.

    Raises:
        Unauthenticated: ``token-missing`` without an Authorization header, ``token-malformed``
            for two of them, another scheme, or characters that no token has (RFC 6750 §2.1).
    """
    values = request.headers.getlist("authorization")
    if not values:
        raise Unauthenticated(
            "token-missing",
            "This address needs an access token.",
            remedy="Get one at /oauth/token and send it as Authorization: Bearer <token>.",
        )
    match = _CREDENTIALS.fullmatch(values[0].strip(" \t")) if len(values) == 1 else None
    if match is None or len(match[1]) > MAX_TOKEN_CHARS:
        raise Unauthenticated(
            "token-malformed",
            "The Authorization header is not one bearer token.",
            remedy="Send exactly one header: Authorization: Bearer <token>.",
        )
    return match[1]
