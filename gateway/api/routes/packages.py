"""Packages, as their sender creates, follows, submits and withdraws them."""

from __future__ import annotations

import base64

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request import idempotency
from gateway.api.request.bodies import Json, JsonOrNothing
from gateway.api.request.idempotency import Answer, answer_once
from gateway.api.request.members import members, octets, text
from gateway.api.request.query import Paging, known_parameters, object_id
from gateway.api.request.session import Authenticated
from gateway.api.schema.base import body_schema
from gateway.api.schema.package import (
    CREATION_EXAMPLE,
    ExhibitBody,
    PackageBody,
    PackageCreation,
    PackageList,
    PackageReleaseBody,
    PackageRenditionBody,
    PackageSummary,
    Receipt,
    Withdrawal,
)
from gateway.api.schema.problem import refusals
from gateway.evidence.manifest import parse_manifest
from gateway.evidence.package import Principal
from gateway.exchange import authorize, receive, sent_packages
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/packages", tags=["packages"], dependencies=[Depends(known_parameters)])


@router.post(
    "",
    status_code=201,
    response_model=PackageBody,
    responses=refusals(403, 404, 409, 413, 415, 422),
    openapi_extra={**body_schema(PackageCreation, CREATION_EXAMPLE), **idempotency.DESCRIPTION},
    summary="Create a package from its signed manifest; every exhibit is decided at once",
)
async def create_package(request: Request, session: Authenticated, untrusted: Json) -> Response:
    body = members(untrusted, required=("manifest", "signature", "key_id"))
    manifest = parse_manifest(body["manifest"])
    signature = octets(body["signature"], "/signature")
    key_id = text(body["key_id"], "/key_id", max_chars=64)

    def work(tx: Transaction, principal: Principal) -> Answer:
        authorization = authorize.authorize_package(tx, principal, manifest, session.now)
        package, exhibits = receive.create_package(
            tx, principal, manifest, signature, key_id, authorization, session.gateway.new_id, session.now
        )
        decided = zip(exhibits, authorization.exhibits, strict=True)
        return Answer(
            201, PackageBody(**PackageSummary.members(package), exhibits=[ExhibitBody.of(e, d) for e, d in decided])
        )

    return await answer_once(request, session, work)


@router.get(
    "",
    response_model=PackageList,
    responses=refusals(),
    summary="Packages that your agency pushed, newest first",
)
async def list_packages(session: Authenticated, page: Paging) -> Response:
    def work(tx: Transaction, principal: Principal) -> PackageList:
        found = sent_packages.list_packages(tx, principal, after=page.after, limit=page.limit, now=session.now)
        return PackageList(packages=[PackageSummary.of(p) for p in found], next=page.next([p.id for p in found]))

    return await session.answer(work)


@router.get(
    "/{package_id}",
    response_model=PackageBody,
    responses=refusals(404),
    summary="State of a package, its exhibits, renditions and releases",
)
async def read_package(session: Authenticated, package_id: str) -> Response:
    package_id = object_id(package_id)

    def work(tx: Transaction, principal: Principal) -> PackageBody:
        status = sent_packages.read_package(tx, principal, package_id, session.now)
        return PackageBody(
            **PackageSummary.members(status.package),
            exhibits=[ExhibitBody.of(e) for e in status.exhibits],
            renditions=[PackageRenditionBody.of(r) for r in status.renditions],
            releases=[PackageReleaseBody.of(r) for r in status.releases],
        )

    return await session.answer(work)


@router.post(
    "/{package_id}/submit",
    response_model=Receipt,
    responses=refusals(404, 409, 415, 422),
    openapi_extra=idempotency.DESCRIPTION,
    summary="Close a complete package and get the gateway's signed receipt",
)
async def submit_package(
    request: Request, session: Authenticated, package_id: str, untrusted: JsonOrNothing
) -> Response:
    members(untrusted, required=())
    package_id = object_id(package_id)

    def work(tx: Transaction, principal: Principal) -> Answer:
        receipt, signature = receive.submit_package(tx, session.gateway.keyring, principal, package_id, session.now)
        return Answer(
            200,
            Receipt(
                package=package_id,
                receipt=base64.b64encode(receipt).decode(),
                signature=base64.b64encode(signature).decode(),
            ),
        )

    return await answer_once(request, session, work)


@router.post(
    "/{package_id}/withdraw",
    response_model=PackageSummary,
    responses=refusals(404, 409, 415, 422),
    openapi_extra={**body_schema(Withdrawal, required=False), **idempotency.DESCRIPTION},
    summary="Take a package back: no further pulls, and disposal of its contents",
)
async def withdraw_package(
    request: Request, session: Authenticated, package_id: str, untrusted: JsonOrNothing
) -> Response:
    body = members(untrusted, required=(), optional=("reason",))
    reason = text(body.get("reason", ""), "/reason", max_chars=200)
    package_id = object_id(package_id)

    def work(tx: Transaction, principal: Principal) -> Answer:
        package = sent_packages.withdraw_package(tx, principal, package_id, session.now, reason)
        return Answer(200, PackageSummary.of(package))

    return await answer_once(request, session, work)


#: Models that only ``openapi_extra`` refers to, so that the description has to be told of them.
DESCRIBED = (PackageCreation, Withdrawal)
