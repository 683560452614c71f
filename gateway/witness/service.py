"""The witness over HTTP: ``POST add-checkpoint`` (c2sp.org/tlog-witness), and what it knows, for auditors.

| answer | when |
|---|---|
| 200 | cosignature lines; what was signed is durably remembered |
| 400 | the request is not in its form, or ``old`` is larger than the checkpoint |
| 403 | the log's own key has not signed the checkpoint |
| 404 | a log that this witness does not watch |
| 409 | ``old`` is not the size the witness knows, which is the body (text/x.tlog.size) |
| 422 | the proof does not verify, or the root differs at the same size |
| 503 | the memory cannot be written, or the clock went back, so nothing is signed |

``GET checkpoint/<hex SHA-256 of the origin>`` gives the latest checkpoint it remembers, whole. There
is no authentication: a request can only say what its log has signed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.bootstrap.witness_folder import WitnessKey
from gateway.errors import Conflict, GatewayError, IntegrityFailure, InvalidInput, Unavailable
from gateway.translog.checkpoint import open_checkpoint, parse_checkpoint
from gateway.translog.note import parse_note
from gateway.translog.vkey import VerifierKey
from gateway.translog.witness import (
    ADD_CHECKPOINT,
    MAX_REQUEST_BYTES,
    SIZE_TYPE,
    AddCheckpoint,
    origin_id,
    parse_add_checkpoint,
)
from gateway.witness.memory import Memory

_log = logging.getLogger(__name__)
# Not the fault of the log that asks.
_DAMAGED = ("witness-memory-damaged", "witness-time-damaged")


def create_witness_app(
    key: WitnessKey,
    logs: Mapping[str, VerifierKey],
    memory: Memory,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The ASGI application of a witness.

    Args:
        logs: The logs it watches, by origin.
        clock: Unix seconds; tests pass another.
    """

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("the request is too long or broken off\n", 400)
        return await run_in_threadpool(answer, body)

    def answer(body: bytes) -> Response:
        try:
            parsed = parse_add_checkpoint(body)
            origin = parse_checkpoint(parse_note(parsed.checkpoint).text).origin
        except InvalidInput as error:
            return PlainTextResponse(f"{error.message}\n", 400)
        log_key = logs.get(origin)
        if log_key is None:
            return PlainTextResponse("this witness does not watch that log\n", 404)
        try:
            open_checkpoint(parsed.checkpoint, log_key)
        except GatewayError as error:
            return PlainTextResponse(f"{error.message}\n", 403)
        return cosign(parsed, log_key)

    def cosign(parsed: AddCheckpoint, log_key: VerifierKey) -> Response:
        now = int(clock())
        try:
            head = memory.accept(parsed, log_key, now)
        except Conflict as error:
            return Response(f"{error.detail['size']}\n", 409, media_type=SIZE_TYPE)
        except InvalidInput as error:
            return PlainTextResponse(f"{error.message}\n", 400)
        except Unavailable as error:
            _log.error("%s: %s", error.code, error)
            return PlainTextResponse(f"{error.message}\n", 503)
        except IntegrityFailure as error:
            _log.critical("%s: %s: %s", log_key.name, error.code, error)
            return PlainTextResponse(f"{error.message}\n", 503 if error.code in _DAMAGED else 422)
        # Remembered, durably; only now may it be signed.
        note = parse_note(parsed.checkpoint).signed_also_by(key.cosigner(now))
        _log.info("cosigned %s at %d", head.origin, head.size)
        return PlainTextResponse(note.signatures[-1].line())

    async def known(request: Request) -> Response:
        for origin in logs:
            if origin_id(origin) == request.path_params["log"]:
                note = await run_in_threadpool(memory.known, origin)
                if note is not None:
                    return Response(note, media_type="text/plain; charset=utf-8")
        return PlainTextResponse("nothing is known of that log\n", 404)

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse(f"{key.vkey.encode()}\n")

    return Starlette(
        routes=[
            Route(f"/{ADD_CHECKPOINT}", add_checkpoint, methods=["POST"]),
            Route("/checkpoint/{log}", known, methods=["GET"]),
            Route("/healthz", healthy, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body
