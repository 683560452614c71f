"""Packages, as their sender creates, follows, submits and withdraws them."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.api.request.bodies import NoBody, taken
from gateway.api.request.idempotency import answer_once
from gateway.api.request.query import Id, Paging, known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.package import (
    CREATION_EXAMPLE,
    ExhibitBody,
    PackageBody,
    PackageCreation,
    PackageList,
    PackageSummary,
    Receipt,
    Withdrawal,
)
from gateway.api.schema.problem import refusals
from gateway.evidence.package import Principal
from gateway.exchange import authorize, receive, sent_packages
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/packages", tags=["packages"], dependencies=[Depends(known_parameters)])


@router.post(
    "",
    status_code=201,
    response_model=PackageBody,
    responses=refusals(403, 404, 409, 413, 415, 422),
    summary="Create a package from its signed manifest; every exhibit is decided at once",
)
async def create_package(
    session: Authenticated, body: Annotated[PackageCreation, taken(PackageCreation, CREATION_EXAMPLE)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> PackageBody:
        authorization = authorize.authorize_package(tx, principal, body.manifest, session.now)
        package, exhibits = receive.create_package(
            tx,
            principal,
            body.manifest,
            body.signature,
            body.key_id,
            authorization,
            session.gateway.new_id,
            session.now,
        )
        decided = zip(exhibits, authorization.exhibits, strict=True)
        return PackageBody.of(package, exhibits=[ExhibitBody.of(e, decision=d) for e, d in decided])

    return await answer_once(session, work, status=201)


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
async def read_package(session: Authenticated, package_id: Id) -> Response:
    def work(tx: Transaction, principal: Principal) -> PackageBody:
        status = sent_packages.read_package(tx, principal, package_id, session.now)
        return PackageBody.of(
            status.package, exhibits=status.exhibits, renditions=status.renditions, releases=status.releases
        )

    return await session.answer(work)


@router.post(
    "/{package_id}/submit",
    response_model=Receipt,
    responses=refusals(404, 409, 415, 422),
    summary="Close a complete package and get the gateway's signed receipt",
)
async def submit_package(session: Authenticated, package_id: Id, nothing: NoBody) -> Response:
    def work(tx: Transaction, principal: Principal) -> Receipt:
        receipt, signature = receive.submit_package(tx, session.gateway.keyring, principal, package_id, session.now)
        return Receipt(
            package=package_id,
            receipt=base64.b64encode(receipt).decode(),
            signature=base64.b64encode(signature).decode(),
        )

    return await answer_once(session, work)


@router.post(
    "/{package_id}/withdraw",
    response_model=PackageSummary,
    responses=refusals(404, 409, 415, 422),
    summary="Take a package back: no further pulls, and disposal of its contents",
)
async def withdraw_package(
    session: Authenticated, package_id: Id, body: Annotated[Withdrawal, taken(Withdrawal, required=False)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> PackageSummary:
        package = sent_packages.withdraw_package(tx, principal, package_id, session.now, body.reason)
        return PackageSummary.of(package)

    return await answer_once(session, work)
