"""Public facts and health: who this gateway is, and whether it can work now."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Protocol, cast

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway import __version__
from gateway.api.request.query import known_parameters
from gateway.api.request.session import gateway_of
from gateway.api.schema.about import GatewayIdentity, Health, LogIdentity
from gateway.bootstrap.gateway import Gateway
from gateway.envelope.signature import load_public_key
from gateway.errors import GatewayError
from gateway.exchange.log.witness_report import OK, read_witness_report
from gateway.exchange.ports.sequencing import CHECKPOINT


class Sequencing(Protocol):
    """A sequencer, as far as readiness goes: why the log stands still, or None."""

    @property
    def refusal(self) -> GatewayError | None: ...


router = APIRouter(tags=["about"], dependencies=[Depends(known_parameters)])
_log = logging.getLogger(__name__)


@router.get("/v1/gateway", response_model=GatewayIdentity, summary="Name, keys and log of this gateway")
async def read_gateway(request: Request) -> Response:
    gateway = gateway_of(request)
    pem = gateway.keyring.signing_key_pem()
    der = load_public_key(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    identity = GatewayIdentity(
        name=gateway.settings.public_url.rstrip("/"),
        version=__version__,
        signing_key=pem.decode("ascii"),
        signing_key_sha256=hashlib.sha256(der).hexdigest(),
        log=LogIdentity(origin=gateway.settings.log_origin, vkey=gateway.keyring.log_vkey),
    )
    return Response(
        identity.model_dump_json(), media_type="application/json", headers={"Cache-Control": "public, max-age=300"}
    )


@router.get("/healthz", response_model=Health, summary="The process answers")
async def healthy() -> Response:
    return Response(Health(status="ok").model_dump_json(), media_type="application/json")


@router.get(
    "/readyz",
    response_model=Health,
    responses={503: {"model": Health, "description": "Something needed cannot be reached."}},
    summary="Database and stores can be reached, so requests can be served",
)
async def ready(request: Request) -> Response:
    sequencer = cast(Sequencing | None, request.app.state.sequencer)
    checks = await run_in_threadpool(_check, gateway_of(request), sequencer)
    is_ready = all(state == "ok" for state in checks.values())
    # Shown, but no reason to send requests elsewhere: an agency that is offline stops nothing.
    checks.update(await run_in_threadpool(_witnesses, gateway_of(request)))
    health = Health(status="ok" if is_ready else "unavailable", checks=checks)
    return Response(health.model_dump_json(), 200 if is_ready else 503, media_type="application/json")


def _check(gateway: Gateway, sequencer: Sequencing | None) -> dict[str, str]:
    """Each part and ``ok`` or ``unavailable``; the reason goes to the process log, not to the caller."""
    probes: dict[str, Callable[[], object]] = {
        "database": lambda: _probe_database(gateway),
        "log": lambda: gateway.log_store.read(CHECKPOINT),
    }
    if sequencer is not None:
        probes["sequencer"] = lambda: _probe_sequencer(sequencer)
    checks: dict[str, str] = {}
    for name, probe in probes.items():
        try:
            probe()
            checks[name] = "ok"
        except Exception as error:
            # Whatever is wrong, the answer to a balancer is the same: not now.
            code = error.code if isinstance(error, GatewayError) else type(error).__name__
            _log.warning("readiness: %s: %s", name, code)
            checks[name] = "unavailable"
    return checks


def _witnesses(gateway: Gateway) -> dict[str, str]:
    """``ok`` if the quorum has cosigned and no witness fails, else ``behind``; nothing without witnesses."""
    try:
        report = read_witness_report(gateway.log_store)
    except GatewayError:
        return {}
    if report is None:
        return {}
    good = report.met and all(state.state == OK for state in report.witnesses)
    return {"witnesses": "ok" if good else "behind"}


def _probe_database(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        tx.agreements.active("readiness-probe")


def _probe_sequencer(sequencer: Sequencing) -> None:
    refusal = sequencer.refusal
    if refusal is not None:
        raise refusal
