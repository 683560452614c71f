"""The token endpoint and its metadata: OAuth 2.0 client credentials with private_key_jwt.

RFC 6749 §4.4 and §5, RFC 7521, RFC 7523 §3; tokens are RFC 9068 JWTs. Errors have the shape of RFC
6749 §5.2. Which part of an assertion was wrong is not told to an outsider; the audit log knows, for
principals that exist, and how often others asked. An assertion is accepted once: its id is remembered in
the transaction that issues the token.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request.bodies import media_type, read_body
from gateway.api.request.forms import MAX_FORM_BYTES, parse_form
from gateway.api.request.query import known_parameters
from gateway.api.request.session import gateway_of, record_refusal
from gateway.api.schema.about import TOKEN_FORM, AccessToken
from gateway.api.schema.problem import OAuthError
from gateway.bootstrap.gateway import Gateway
from gateway.errors import GatewayError, InvalidInput, Unauthenticated
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.log import unknown_clients
from gateway.exchange.ports.database import Transaction

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_PATH = "/oauth/token"  # noqa: S105 (an address)
JWKS_PATH = "/.well-known/jwks.json"

router = APIRouter(tags=["authentication"], dependencies=[Depends(known_parameters)])


class OAuthRefusal(Exception):
    """A refusal that is answered in the shape of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


@router.post(
    TOKEN_PATH,
    response_model=AccessToken,
    responses={
        400: {"model": OAuthError, "description": "The request is not a valid token request."},
        401: {"model": OAuthError, "description": "The assertion is not accepted."},
    },
    openapi_extra=TOKEN_FORM,
    summary="Exchange a signed assertion for an access token",
)
async def token(request: Request) -> Response:
    try:
        assertion, client_id = await _parse(request)
        gateway = gateway_of(request)
        answer = await run_in_threadpool(_issue, gateway, assertion, client_id, gateway.clock())
    except OAuthRefusal as refusal:
        body = json.dumps({"error": refusal.error, "error_description": refusal.description})
        return Response(body, refusal.status, headers=_NO_STORE, media_type="application/json")
    return Response(answer.model_dump_json(), headers=_NO_STORE, media_type="application/json")


_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def _parse(request: Request) -> tuple[str, str | None]:
    """Assertion and client_id of a well-formed request; parameters unknown to RFC 6749 are ignored (§3.2)."""
    if media_type(request) != "application/x-www-form-urlencoded":
        raise OAuthRefusal("invalid_request", "The body must be application/x-www-form-urlencoded.")
    if "authorization" in request.headers:
        # RFC 6749 §2.3: not more than one authentication method per request.
        raise OAuthRefusal("invalid_request", "Authenticate with client_assertion only.")
    try:
        form = parse_form(await read_body(request, max_bytes=MAX_FORM_BYTES))
    except InvalidInput as error:
        raise OAuthRefusal("invalid_request", error.message) from error
    if form.get("grant_type") != "client_credentials":
        wrong = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise OAuthRefusal(wrong, "grant_type must be client_credentials.")
    if "client_secret" in form or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthRefusal("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
    if not form.get("client_assertion"):
        raise OAuthRefusal("invalid_request", "client_assertion is missing.")
    if form.get("scope"):
        raise OAuthRefusal("invalid_scope", "There are no scopes; rights come from roles under agreements.")
    return form["client_assertion"], form.get("client_id")


def _issue(gateway: Gateway, assertion: str, client_id: str | None, now: datetime) -> AccessToken:
    try:
        with gateway.database.transaction() as tx:
            return _token(gateway, tx, assertion, client_id, now)
    except (Unauthenticated, InvalidInput) as error:
        if error.audit is None:
            # Of nobody that is known: counted, for an entry each would let anybody fill the log.
            with gateway.database.transaction() as tx:
                unknown_clients.count(tx, now)
        record_refusal(gateway, error)
        raise OAuthRefusal("invalid_client", "The client assertion is not accepted.", 401) from error
    except GatewayError as error:
        record_refusal(gateway, error)
        raise


def _token(gateway: Gateway, tx: Transaction, assertion: str, client_id: str | None, now: datetime) -> AccessToken:
    principal = _authenticate(gateway, tx, assertion, client_id, now)
    tx.ledger.append(record.event("token.issue", "permit", now, principal, actor=principal))
    lifetime = timedelta(seconds=gateway.settings.token_lifetime_seconds)
    access_token = gateway.tokens.issue_access_token(principal, "", now, lifetime)
    seconds = int(lifetime.total_seconds())
    return AccessToken(access_token=access_token, token_type="Bearer", expires_in=seconds)  # noqa: S106


def _authenticate(gateway: Gateway, tx: Transaction, assertion: str, client_id: str | None, now: datetime) -> Principal:
    """The principal that made the assertion.

    Raises:
        Unauthenticated: For anything wrong with it; with an audit event if the principal exists.
    """
    claimed = gateway.tokens.untrusted_client_id(assertion)
    principal = tx.directory.principal(claimed)
    if principal is None or (client_id is not None and client_id != principal.id):
        raise Unauthenticated("client-unknown", "There is no such client.", remedy="Check the client id.")
    try:
        keys = tx.directory.keys(principal.agency, "authentication", principal.id)
        endpoint = _issuer(gateway).rstrip("/") + TOKEN_PATH
        claims = gateway.tokens.verify_client_assertion(assertion, keys, endpoint, now)
        if not tx.replays.first_use(principal.id, claims.jti, claims.expires_at):
            raise Unauthenticated(
                "assertion-replayed", "The assertion was used before.", remedy="Make a fresh one for each request."
            )
    except GatewayError as error:
        record.refusal(error, "token.issue", now, principal, actor=principal)
        raise
    return principal


@router.get("/.well-known/oauth-authorization-server", summary="Authorization server metadata (RFC 8414)")
async def metadata(request: Request) -> Response:
    issuer = _issuer(gateway_of(request))
    return _public(
        {
            "issuer": issuer,
            "token_endpoint": issuer.rstrip("/") + TOKEN_PATH,
            "jwks_uri": issuer.rstrip("/") + JWKS_PATH,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "service_documentation": issuer.rstrip("/") + "/v1/openapi.json",
        }
    )


@router.get(JWKS_PATH, summary="Public keys that verify access tokens (RFC 7517)")
async def jwks(request: Request) -> Response:
    return _public(gateway_of(request).tokens.jwks())


def _issuer(gateway: Gateway) -> str:
    return gateway.settings.public_url


def _public(document: object) -> Response:
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(json.dumps(document), headers=headers, media_type="application/json")
