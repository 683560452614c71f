"""The OpenAPI description: what FastAPI derives, corrected where this API differs from its habits.

Bodies are read by dependencies (request/bodies.py), so FastAPI has to be told of them; its own validation
answer (422) does not exist, because all refusals are problem documents; every operation but the public
ones needs an access token, and every POST takes an Idempotency-Key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api.request import idempotency
from gateway.api.request.bodies import body_of
from gateway.api.schema.problem import OAuthError, Problem

#: Path prefixes whose operations need no token.
PUBLIC = ("/oauth/", "/.well-known/", "/healthz", "/readyz", "/v1/gateway")

_TEXT = """Regulators hand each other evidence of AI harms under enforced agreements.

Every refusal is a problem document (RFC 9457, `application/problem+json`) with a stable `code`, a sentence, and a
`remedy`. An object of another agency is answered as if it did not exist (404). Every decision and every read is
in the audit log before it is answered; if the log cannot be written, the answer is 503 and nothing was done.
GET addresses answer HEAD too. Unknown query parameters and unknown JSON members are refused."""

_TAGS = [
    {"name": "authentication", "description": "OAuth 2.0 client credentials with private_key_jwt (RFC 7523)."},
    {"name": "packages", "description": "Push: declare, upload, submit, follow, withdraw."},
    {"name": "releases", "description": "Pull: inbox, content, signed manifest, acknowledgement, report."},
    {"name": "reviews", "description": "A person's approval where the agreement asks for it."},
    {"name": "holds", "description": "Legal holds: what is held is not disposed of."},
    {"name": "custody", "description": "Deadlines, closing a case, certificates of destruction, attestations."},
    {"name": "secrets", "description": "What an agency wants found in its exhibits, kept as keyed fingerprints."},
    {"name": "log", "description": "The tamper-evident audit log."},
    {"name": "about", "description": "Public facts and health."},
]


def describe(app: FastAPI, routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application, which was made of these routers."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=_TEXT,
        routes=app.routes,
        tags=_TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    models: list[type[BaseModel]] = [Problem, OAuthError]
    for route in (route for router in routers for route in router.routes if isinstance(route, APIRoute)):
        body = body_of(route)
        if body is not None:
            models.append(body.model)
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
            if body is not None:
                operation["requestBody"] = body.description()
            if not route.path.startswith(PUBLIC):
                operation["security"] = [{"access_token": []}]
                if method == "POST":
                    operation.setdefault("parameters", []).append(idempotency.PARAMETER)
    components = document["components"]
    components["schemas"].update(_definitions(models))
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["securitySchemes"] = {
        "access_token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT (RFC 9068)",
            "description": "From /oauth/token; at most ten minutes old.",
        }
    }
    return document


def _definitions(models: list[type[BaseModel]]) -> dict[str, Any]:
    _, schema = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
