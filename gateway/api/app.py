"""The ASGI application: routers, error handlers, guard. Made for one wired gateway.

Importing this module starts nothing; :func:`create_app` is called by ``serve`` and by tests.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway import __version__
from gateway.api import problems
from gateway.api.description import describe
from gateway.api.request.guard import Guard
from gateway.api.routes import (
    about,
    audit,
    audit_export,
    custody,
    erasures,
    holds,
    log,
    log_proofs,
    oauth,
    packages,
    pulls,
    redactions,
    releases,
    reviews,
    secrets,
    uploads,
)
from gateway.bootstrap.gateway import Gateway
from gateway.errors import GatewayError

_ROUTERS = tuple(
    module.router
    for module in (
        about,
        oauth,
        packages,
        uploads,
        releases,
        pulls,
        reviews,
        holds,
        custody,
        log,
        log_proofs,
        audit,
        audit_export,
        erasures,
        redactions,
        secrets,
    )
)


def create_app(gateway: Gateway) -> FastAPI:
    """The HTTP face of a gateway.

    Where the sequencer of the log runs in the same process, set ``app.state.sequencer`` to it
    (:class:`gateway.api.routes.about.Sequencing`), so that /readyz can ask it.
    """
    app = FastAPI(
        title="Evidence gateway",
        version=__version__,
        summary="Regulators hand each other evidence under enforced agreements.",
        openapi_url="/v1/openapi.json",
        # No pages that load scripts from elsewhere, no redirects that change a path.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Guard)],
        exception_handlers={
            GatewayError: problems.on_gateway_error,
            HTTPException: problems.on_http_exception,
            RequestValidationError: problems.on_validation_error,
        },
        # The framework can export traces and exception texts by itself; what is written down is ours to decide.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.gateway = gateway
    app.state.sequencer = None
    for router in _ROUTERS:
        app.include_router(router)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, _ROUTERS)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents for changing it
    return app
