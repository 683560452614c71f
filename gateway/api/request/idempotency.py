"""Idempotency-Key: the same creation, sent twice, happens once and is answered alike.

The answer is stored in the transaction that made it, per principal and key; the store locks the pair,
so that twins wait for each other. A key that comes back with another request is refused. Refusals are
not stored: sent again, they are decided again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request.session import Session
from gateway.errors import Conflict, InvalidInput
from gateway.evidence.package import Principal
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.requests import StoredAnswer

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

#: In the description of every POST under /v1.
PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any fresh value, such as a UUID. Sent again with the same request, the first answer is repeated; "
    "with another request, 422 `idempotency-key-reused`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


async def answer_once(
    session: Session, work: Callable[[Transaction, Principal], BaseModel], *, status: int = 200
) -> Response:
    """Run ``work`` in one transaction and answer with its model, or repeat what was answered under the same key.

    Raises:
        InvalidInput: ``idempotency-key-invalid``.
        Conflict: ``idempotency-key-reused``.
    """
    key = idempotency_key(session.request)
    digest = request_digest(session.request)

    def once(tx: Transaction, principal: Principal) -> tuple[StoredAnswer, bool]:
        if key is not None:
            stored = tx.idempotency.find(principal.id, key)
            if stored is not None:
                if not hmac.compare_digest(stored.request_digest, digest):
                    raise Conflict(
                        "idempotency-key-reused",
                        "This Idempotency-Key was already used for another request.",
                        remedy="Use a fresh key for each request.",
                        where="header/idempotency-key",
                    )
                return stored, True
        fresh = StoredAnswer(digest, status, work(tx, principal).model_dump_json().encode())
        if key is not None:
            tx.idempotency.store(principal.id, key, fresh, session.now)
        return fresh, False

    answer, repeated = await run_in_threadpool(session.run, once)
    headers = {"Idempotency-Replayed": "true"} if repeated else None
    return Response(answer.body, answer.status, headers=headers, media_type="application/json")


def idempotency_key(request: Request) -> str | None:
    """The key of the request, if it has one.

    Raises:
        InvalidInput: ``idempotency-key-invalid``.
    """
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise InvalidInput(
            "idempotency-key-invalid",
            "The Idempotency-Key is not one value of 1 to 255 visible ASCII characters.",
            remedy="Send a UUID.",
            where="header/idempotency-key",
        )
    return values[0]


def request_digest(request: Request) -> str:
    """SHA-256 (hex) of what the request asks for: method, address and the body as received."""
    body: bytes = request.state.body
    head = f"{request.method}\n{request.url.path}\n{len(body)}\n".encode()
    return hashlib.sha256(head + body).hexdigest()
