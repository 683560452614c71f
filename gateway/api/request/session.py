"""A request's session: who asks, and the one transaction in which everything happens.

One request, one transaction; nothing below commits. The principal behind the token is looked up in
that same transaction. A refusal rolls the transaction back, and with it whatever a step had written;
so the audit event that an error carries is appended in a transaction of its own, *before* the answer
is given. If it cannot be written, the caller hears ``log-unavailable`` and learns nothing else
(architecture, invariants 1 and 2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar, cast

from fastapi import Depends
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request.bearer import bearer_token
from gateway.bootstrap.gateway import Gateway
from gateway.errors import GatewayError, Unauthenticated, Unavailable
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction

T = TypeVar("T")


def gateway_of(request: Request) -> Gateway:
    """The wired gateway that this application serves."""
    return cast(Gateway, request.app.state.gateway)


def in_transaction(gateway: Gateway, work: Callable[[Transaction], T]) -> T:
    """Run ``work`` in one transaction and commit; on a refusal, record it before raising it.

    Raises:
        Unavailable: ``log-unavailable`` if a refusal could not be recorded.
        GatewayError: What ``work`` raised.
    """
    try:
        with gateway.database.transaction() as tx:
            return work(tx)
    except GatewayError as error:
        record_refusal(gateway, error)
        raise


def record_refusal(gateway: Gateway, error: GatewayError) -> None:
    """Append the audit event that the error carries, if any, and commit it.

    Raises:
        Unavailable: ``log-unavailable``.
    """
    if error.audit is None:
        return
    event, error.audit = error.audit, None
    try:
        with gateway.database.transaction() as tx:
            tx.ledger.append(event)
    except GatewayError as failure:
        raise Unavailable(
            "log-unavailable",
            "The audit log cannot be written, so the gateway does not answer this request.",
            remedy="Try again later.",
        ) from failure


@dataclass(frozen=True, slots=True)
class Session:
    """An authenticated request. ``now`` is fixed once, when the request came in; the token is older."""

    request: Request
    gateway: Gateway
    principal_id: str
    agency_id: str
    token_issued_at: datetime
    now: datetime

    def run(self, work: Callable[[Transaction, Principal], T]) -> T:
        """Run ``work`` in one transaction, with the principal as it is today.

        Raises:
            Unauthenticated: ``principal-unknown`` or ``token-revoked`` if it, or a key of it, has been removed
                or revoked since the token was made.
        """

        def with_principal(tx: Transaction) -> T:
            principal = tx.directory.principal(self.principal_id)
            if principal is None or principal.agency != self.agency_id:
                raise Unauthenticated(
                    "principal-unknown",
                    "The principal that this token was issued to is no longer registered.",
                    remedy="Ask the operator to register it again.",
                )
            keys = tx.directory.keys(principal.agency, "authentication", principal.id)
            if any(key.revoked_at is not None and key.revoked_at >= self.token_issued_at for key in keys):
                revoked = Unauthenticated(
                    "token-revoked",
                    "A key of this principal has been revoked since the access token was issued.",
                    remedy="Get another token with a key that is still good.",
                )
                raise record.refusal(revoked, "token.use", self.now, principal, actor=principal)
            return work(tx, principal)

        return in_transaction(self.gateway, with_principal)

    async def answer(self, work: Callable[[Transaction, Principal], BaseModel]) -> Response:
        """Run ``work`` away from the event loop, and answer with the model that it returns, as JSON.

        For reads, and for acts that may be repeated; what must happen once is
        :func:`gateway.api.request.idempotency.answer_once`'s.
        """
        model = await run_in_threadpool(self.run, work)
        return Response(model.model_dump_json(), media_type="application/json")


async def open_session(request: Request) -> Session:
    """Dependency: verify the bearer token; costs one signature check and no database.

    Raises:
        Unauthenticated: ``token-…``.
    """
    token = bearer_token(request)
    gateway = gateway_of(request)
    now = gateway.clock()
    claims = gateway.tokens.verify_access_token(token, now)
    return Session(request, gateway, claims.principal, claims.agency, claims.issued_at, now)


Authenticated = Annotated[Session, Depends(open_session)]
