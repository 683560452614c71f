"""Erasures over HTTP: one officer asks, another confirms, each with a login of her own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request import idempotency
from gateway.api.request.bodies import Json, JsonOrNothing
from gateway.api.request.idempotency import Answer, answer_once
from gateway.api.request.members import invalid, members, text
from gateway.api.request.query import known_parameters, object_id
from gateway.api.request.session import Authenticated
from gateway.api.schema.base import body_schema
from gateway.api.schema.erasure import ErasureBody, ErasureRequest, Erasures
from gateway.api.schema.problem import refusals
from gateway.evidence.package import Principal
from gateway.exchange.custody import erasure
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/audit/erasures", tags=["log"], dependencies=[Depends(known_parameters)])

_MAX_FIELDS, _MAX_FIELD_CHARS, _MAX_BASIS_CHARS = 16, 64, 120
_EXAMPLE = {"case": "0b8e2f6a-3f64-4b0e-9f0a-1d1f5f0c6a11", "legal_basis": "UK GDPR Art. 17(1)(a)"}


@router.get("", response_model=Erasures, responses=refusals(), summary="Erasures that wait for a second officer")
async def list_erasures(session: Authenticated) -> Response:
    def work(tx: Transaction, principal: Principal) -> Erasures:
        return Erasures(erasures=[ErasureBody.of(found) for found in erasure.waiting(tx, principal, session.now)])

    return await session.answer(work)


@router.post(
    "",
    status_code=201,
    response_model=ErasureBody,
    responses=refusals(403, 404, 409, 413, 415, 422),
    openapi_extra={**body_schema(ErasureRequest, _EXAMPLE), **idempotency.DESCRIPTION},
    summary="Ask that what persons typed about a case, or in one entry, be erased",
)
async def ask_erasure(request: Request, session: Authenticated, untrusted: Json) -> Response:
    body = members(untrusted, required=("legal_basis",), optional=("case", "entry", "fields"))
    basis = text(body["legal_basis"], "/legal_basis", max_chars=_MAX_BASIS_CHARS)
    case_id, entry, fields = _target(body)

    def work(tx: Transaction, principal: Principal) -> Answer:
        new_id = session.gateway.new_id()
        asked = erasure.ask(tx, principal, case_id, entry, fields, basis, new_id, session.now)
        return Answer(201, ErasureBody.of(asked))

    return await answer_once(request, session, work)


@router.post(
    "/{erasure_id}/confirm",
    response_model=ErasureBody,
    responses=refusals(403, 404, 409, 415, 422),
    openapi_extra=idempotency.DESCRIPTION,
    summary="Confirm, as a second officer: it is erased with the answer",
)
async def confirm_erasure(
    request: Request, session: Authenticated, erasure_id: str, untrusted: JsonOrNothing
) -> Response:
    members(untrusted, required=())
    erasure_id = object_id(erasure_id)

    def work(tx: Transaction, principal: Principal) -> Answer:
        confirmed, values = erasure.confirm(tx, principal, erasure_id, session.now)
        return Answer(200, ErasureBody.of(confirmed, values))

    return await answer_once(request, session, work)


def _target(body: dict[str, Any]) -> tuple[str | None, int | None, list[str]]:
    case_id, entry, fields = body.get("case"), body.get("entry"), body.get("fields")
    if (case_id is None) == (entry is None) or (fields is not None and entry is None):
        raise invalid("either a case, or an entry and perhaps its fields, must be named", "/")
    if entry is not None and (type(entry) is not int or not 0 <= entry < 2**53):
        raise invalid("a sequence number is expected", "/entry")
    if fields is not None and (not isinstance(fields, list) or not 1 <= len(fields) <= _MAX_FIELDS):
        raise invalid(f"1 to {_MAX_FIELDS} names are expected", "/fields")
    names = [text(name, f"/fields/{i}", max_chars=_MAX_FIELD_CHARS) for i, name in enumerate(fields or [])]
    return (None if case_id is None else object_id(text(case_id, "/case", max_chars=64))), entry, names


#: Models that only ``openapi_extra`` refers to.
DESCRIBED = (ErasureRequest,)
