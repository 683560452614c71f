"""The guard and the problem documents, around a small application of their own."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway import errors
from gateway.api import problems
from gateway.api.request.guard import MAX_HEADERS, MAX_TARGET_BYTES, Guard


async def _hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def _refuse(request: Request) -> Response:
    raise errors.Denied("role-missing", "You may not.", remedy="Ask.", where="/roles", clause="/roles/reviewer")


async def _break(request: Request) -> Response:
    raise RuntimeError("the password is hunter2")


async def _misconfigured(request: Request) -> Response:
    raise errors.Misconfigured("key-file-unreadable", "/etc/secret/key cannot be read.")


def _app() -> Guard:
    return Guard(
        Starlette(
            routes=[
                Route("/hello", _hello, methods=["GET", "POST"]),
                Route("/refuse", _refuse),
                Route("/break", _break),
                Route("/misconfigured", _misconfigured),
            ],
            exception_handlers={
                errors.GatewayError: problems.on_gateway_error,
                problems.HTTPException: problems.on_http_exception,
                Exception: problems.on_unexpected,
            },
        )
    )


def _ask(method: str, path: str, **members: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=_app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, path, **members)

    return asyncio.run(run())


def test_every_answer_carries_the_security_headers() -> None:
    for path in ("/hello", "/refuse", "/nowhere", "/break"):
        headers = _ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_a_refusal_is_a_problem_document() -> None:
    response = _ask("GET", "/refuse")
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body.pop("instance").startswith("urn:uuid:")
    assert body == {
        "type": "urn:evidence-gateway:problem:role-missing",
        "title": "Role missing",
        "status": 403,
        "detail": "You may not.",
        "code": "role-missing",
        "remedy": "Ask.",
        "where": "/roles",
        "clause": "/roles/reviewer",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "route-not-found"), ("DELETE", "/hello", 405, "method-not-allowed")],
)
def test_what_the_framework_refuses_is_a_problem_too(method: str, path: str, status: int, code: str) -> None:
    response = _ask(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    if status == 405:
        assert "GET" in response.headers["allow"]


def test_an_unforeseen_error_tells_nothing_and_logs_no_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = _ask("GET", "/break")
    assert response.status_code == 500
    assert response.json()["code"] == "internal-error"
    assert "hunter2" not in response.text + caplog.text
    assert response.json()["instance"].removeprefix("urn:uuid:") in caplog.text


def test_errors_of_the_installation_are_not_shown() -> None:
    response = _ask("GET", "/misconfigured")
    assert response.status_code == 500
    assert "secret" not in response.text


def test_head_is_answered_like_get_without_a_body() -> None:
    response = _ask("HEAD", "/hello")
    assert response.status_code == 200
    assert response.headers["content-length"] == "5"
    assert response.content == b""


def test_limits_on_target_and_headers() -> None:
    assert _ask("GET", "/hello?" + "x" * MAX_TARGET_BYTES).json()["code"] == "target-too-long"
    too_many = [(f"x-{i}", "1") for i in range(MAX_HEADERS)]
    response = _ask("GET", "/hello", headers=too_many)
    assert (response.status_code, response.json()["code"]) == (431, "headers-too-large")
    response = _ask("GET", "/hello", headers={"x-long": "y" * 20_000})
    assert response.status_code == 431


def test_a_body_that_was_not_read_closes_the_connection() -> None:
    assert _ask("POST", "/hello", content=b"some body").headers["connection"] == "close"
    assert "connection" not in _ask("POST", "/hello", content=b"").headers
    assert "connection" not in _ask("GET", "/hello").headers


@pytest.mark.parametrize("kind", [k for k in vars(errors).values() if isinstance(k, type)])
def test_every_class_of_error_has_a_status(kind: type[Any]) -> None:
    if issubclass(kind, errors.GatewayError):
        assert 400 <= problems.status_of(kind("some-code", "Some text.")) < 600


def test_codes_override_classes() -> None:
    assert problems.status_of(errors.Conflict("idempotency-key-reused", "x")) == 422
    assert problems.status_of(errors.Conflict("state-conflict", "x")) == 409
    assert problems.status_of(errors.IntegrityFailure("manifest-signature-invalid", "x")) == 422
    assert problems.status_of(errors.IntegrityFailure("key-unwrap-failed", "x")) == 500
