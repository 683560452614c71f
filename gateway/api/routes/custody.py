"""The end of evidence: deadlines, closing a case, certificates of destruction, attestations of deletion."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.request.bodies import NoBody, taken
from gateway.api.request.idempotency import answer_once
from gateway.api.request.query import Id, Paging, known_parameters
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.base import DETACHED_SIGNATURE, SIGNED_DOCUMENT, file_answer
from gateway.api.schema.custody import (
    AttestationBody,
    CaseBody,
    CertificateBody,
    Certificates,
    DeadlineBody,
    Deadlines,
    Duties,
    DutyBody,
)
from gateway.api.schema.problem import refusals
from gateway.bootstrap.papers import certificate_page
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.package import Principal
from gateway.exchange.custody import attest, case_custody, certify
from gateway.exchange.custody import deadlines as deadlines_of
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1", tags=["custody"], dependencies=[Depends(known_parameters)])

_EXAMPLE = {"attestation": "eyJhZ2VuY3kiOiJpY28…", "signature": "MGUCMQDs…", "key_id": "ico-uk.signing-1"}
Late = Annotated[bool, Query(description="Those that were answered too late instead.")]


@router.get(
    "/deadlines",
    response_model=Deadlines,
    responses=refusals(),
    summary="Packages that wait for an answer, soonest due first",
)
async def read_deadlines(session: Authenticated, page: Paging, late: Late = False) -> Response:
    def work(tx: Transaction, principal: Principal) -> Deadlines:
        found = deadlines_of.list_deadlines(tx, principal, session.now, late=late, after=page.after, limit=page.limit)
        deadlines = [DeadlineBody.of(clock, state=state) for clock, state in found]
        return Deadlines(deadlines=deadlines, next=page.next([clock.package_id for clock, _ in found]))

    return await session.answer(work)


@router.post(
    "/cases/{agreement}/{case}/close",
    response_model=CaseBody,
    responses=refusals(403, 404, 409, 415, 422),
    summary="Close a case for good; periods that count from its closing begin",
)
async def close_case(session: Authenticated, agreement: str, case: str, nothing: NoBody) -> Response:
    return await answer_once(
        session, lambda tx, who: CaseBody.of(case_custody.close_case(tx, who, agreement, case, session.now))
    )


@router.get(
    "/duties",
    response_model=Duties,
    responses=refusals(),
    summary="Duties to attest deletion: your own, and those owed for packages you sent",
)
async def read_duties(session: Authenticated, page: Paging) -> Response:
    def work(tx: Transaction, principal: Principal) -> Duties:
        found = attest.list_duties(tx, principal, after=page.after, limit=page.limit, now=session.now)
        duties = [DutyBody.of(duty, state=duty.state(session.now)) for duty in found]
        return Duties(duties=duties, next=page.next([duty.id for duty in found]))

    return await session.answer(work)


@router.post(
    "/duties/{duty_id}/attestation",
    response_model=DutyBody,
    status_code=201,
    responses=refusals(403, 404, 409, 413, 415, 422),
    summary="Attest, with your agency's signature, that all copies are deleted",
)
async def give_attestation(
    session: Authenticated, duty_id: Id, body: Annotated[AttestationBody, taken(AttestationBody, _EXAMPLE)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> DutyBody:
        duty = attest.attest(tx, principal, duty_id, body.attestation, body.signature, body.key_id, session.now)
        return DutyBody.of(duty, state=duty.state(session.now))

    return await answer_once(session, work, status=201)


@router.get(
    "/certificates",
    response_model=Certificates,
    responses=refusals(),
    summary="Certificates of destruction of packages that you sent or received, newest first",
)
async def read_certificates(session: Authenticated, page: Paging) -> Response:
    def work(tx: Transaction, principal: Principal) -> Certificates:
        listed = certify.list_certificates(tx, principal, after=page.after, limit=page.limit, now=session.now)
        certificates = [
            CertificateBody.of(
                found, sha256=sha256_hex(found.document or b""), document=f"/v1/certificates/{found.id}/document"
            )
            for found in listed
        ]
        return Certificates(certificates=certificates, next=page.next([found.id for found in listed]))

    return await session.answer(work)


@router.get(
    "/certificates/{certificate_id}/document",
    response_class=Response,
    responses={**refusals(404), 200: SIGNED_DOCUMENT},
    summary="A certificate of destruction",
)
async def read_document(session: Authenticated, certificate_id: Id) -> Response:
    document, _ = await _issued(session, certificate_id)
    return Response(document, media_type="application/json")


@router.get(
    "/certificates/{certificate_id}/document.sig",
    response_class=Response,
    responses={**refusals(404), 200: DETACHED_SIGNATURE},
    summary="The gateway's signature over the certificate",
)
async def read_document_signature(session: Authenticated, certificate_id: Id) -> Response:
    _, signature = await _issued(session, certificate_id)
    return Response(signature, media_type="application/octet-stream")


@router.get(
    "/certificates/{certificate_id}/document.pdf",
    response_class=Response,
    responses={
        **refusals(404),
        200: file_answer("The certificate as a page to print; only the JSON is signed.", "application/pdf"),
    },
    summary="The certificate as PDF",
)
async def read_document_pdf(session: Authenticated, certificate_id: Id) -> Response:
    document, _ = await _issued(session, certificate_id)
    page = await run_in_threadpool(certificate_page, document)
    return Response(page, media_type="application/pdf")


async def _issued(session: Session, certificate_id: str) -> tuple[bytes, bytes]:
    certificate = await run_in_threadpool(
        session.run, lambda tx, who: certify.read_certificate(tx, who, certificate_id, session.now)
    )
    # Only issued ones are read, and an issued one has both; the database holds it to that.
    return certificate.document or b"", certificate.signature or b""
