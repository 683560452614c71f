"""Proofs of the audit log, its cosigned checkpoint, and how its witnesses stand.

Proofs are made of hashes only, so any registered principal may ask for them, as for hash tiles; what
an entry says is not given here. A proof is verified against the signed checkpoint before it is
answered, so damaged tiles make an error and never a wrong proof.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.request.query import known_parameters
from gateway.api.request.session import Authenticated, Session
from gateway.api.routes.log import registered
from gateway.api.schema.base import file_answer
from gateway.api.schema.log import ConsistencyProof, InclusionProof, Witnesses
from gateway.api.schema.problem import refusals
from gateway.errors import NotFound
from gateway.exchange.log.reader import LogReader
from gateway.exchange.log.witness_report import read_witness_report

router = APIRouter(prefix="/v1/log", tags=["log"], dependencies=[Depends(known_parameters)])

T = TypeVar("T")
Index = Annotated[int, Query(ge=0, le=2**53 - 1, description="The entry's sequence number.")]
Size = Annotated[int | None, Query(ge=0, le=2**53 - 1, description="Tree size; the latest checkpoint's if absent.")]


@router.get(
    "/checkpoint/cosigned",
    response_class=Response,
    responses={
        **refusals(404),
        200: file_answer("Checkpoint with cosignatures (c2sp.org/tlog-cosignature).", "text/plain"),
    },
    summary="The latest tree head that the quorum of witnesses has cosigned",
)
async def read_cosigned(session: Authenticated) -> Response:
    return Response(await _read(session, LogReader.cosigned), media_type="text/plain; charset=utf-8")


@router.get(
    "/proofs/inclusion",
    response_model=InclusionProof,
    responses=refusals(404),
    summary="Proof that an entry is in the log",
)
async def prove_inclusion(session: Authenticated, index: Index, size: Size = None) -> Response:
    def work(reader: LogReader) -> InclusionProof:
        prover = reader.prover()
        proof = prover.inclusion(index, size)
        return InclusionProof(
            origin=prover.head.origin,
            index=proof.index,
            size=proof.size,
            leaf_hash=proof.leaf.hex(),
            root=proof.root.hex(),
            hashes=_base64(proof.hashes),
            checkpoint=prover.note.decode(),
        )

    return Response((await _read(session, work)).model_dump_json(), media_type="application/json")


@router.get(
    "/proofs/consistency",
    response_model=ConsistencyProof,
    responses=refusals(404),
    summary="Proof that the log only grew",
)
async def prove_consistency(
    session: Authenticated,
    from_: Annotated[int, Query(alias="from", ge=0, le=2**53 - 1, description="Size of the earlier tree.")],
    to: Size = None,
) -> Response:
    def work(reader: LogReader) -> ConsistencyProof:
        prover = reader.prover()
        proof = prover.consistency(from_, to)
        return ConsistencyProof(
            **{"from": proof.old},
            origin=prover.head.origin,
            to=proof.new,
            from_root=proof.old_root.hex(),
            to_root=proof.new_root.hex(),
            hashes=_base64(proof.hashes),
            checkpoint=prover.note.decode(),
        )

    return Response((await _read(session, work)).model_dump_json(by_alias=True), media_type="application/json")


@router.get(
    "/proofs/tlog-proof",
    response_class=Response,
    responses={**refusals(404), 200: file_answer("Offline proof (c2sp.org/tlog-proof@v1).", "text/plain")},
    summary="Proof of an entry as a file that can be checked offline",
)
async def prove_offline(
    session: Authenticated,
    index: Index,
    cosigned: Annotated[bool, Query(description="Under the latest cosigned checkpoint.")] = False,
) -> Response:
    def work(reader: LogReader) -> bytes:
        return reader.prover(reader.cosigned() if cosigned else None).proof(index).encode()

    headers = {"Content-Disposition": f'attachment; filename="entry-{index}.tlog-proof"'}
    return Response(await _read(session, work), headers=headers, media_type="text/plain; charset=utf-8")


@router.get(
    "/witnesses",
    response_model=Witnesses,
    responses=refusals(404),
    summary="Who witnesses the log, and how far",
)
async def read_witnesses(session: Authenticated) -> Response:
    def work(_: LogReader) -> Witnesses:
        report = read_witness_report(session.gateway.log_store)
        if report is None:
            raise NotFound("witnesses-unknown", "This gateway has no witnesses.", remedy="Its operator can name some.")
        return Witnesses.of(report)

    return Response((await _read(session, work)).model_dump_json(), media_type="application/json")


async def _read(session: Session, work: Callable[[LogReader], T]) -> T:
    """What ``work`` reads from the published log, away from the event loop, for a principal that is registered."""

    def registered_then() -> T:
        session.run(registered)
        return work(session.gateway.log_reader)

    return await run_in_threadpool(registered_then)


def _base64(hashes: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(item).decode("ascii") for item in hashes]
