"""The API's own description is valid, complete, and true about what is sent."""

from __future__ import annotations

from typing import Any

import jsonschema
from openapi_spec_validator import validate

from gateway.evidence.manifest import DeclaredExhibit
from tests.unit.api.conftest import Ask
from tests.unit.api.world import World


def _document(ask: Ask) -> dict[str, Any]:
    document: dict[str, Any] = ask("GET", "/v1/openapi.json").json()
    return document


def test_it_is_valid(ask: Ask) -> None:
    validate(_document(ask))


def test_every_operation_says_what_it_refuses(ask: Ask) -> None:
    operations = [
        (path, method, operation)
        for path, item in _document(ask)["paths"].items()
        for method, operation in item.items()
    ]
    assert len(operations) > 20
    for path, method, operation in operations:
        assert operation["summary"], (path, method)
        assert operation["tags"], (path, method)
        if operation.get("security"):
            for status in ("400", "401", "500", "503"):
                assert "application/problem+json" in operation["responses"][status]["content"], (path, method, status)
        for status, response in operation["responses"].items():
            assert "HTTPValidationError" not in str(response), (path, method, status)
        if method == "post" and path.startswith("/v1/"):
            names = [parameter["name"] for parameter in operation["parameters"]]
            assert "Idempotency-Key" in names, path


def test_examples_fit_their_schemas(ask: Ask) -> None:
    document = _document(ask)
    checked = 0
    for item in document["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if "example" in content:
                    jsonschema.validate(content["example"], {**content["schema"], "components": document["components"]})
                    checked += 1
    assert checked >= 4


def test_a_real_answer_fits_its_schema(ask: Ask, world: World) -> None:
    document = _document(ask)
    declared = DeclaredExhibit("report.txt", "incident-report", "text/plain", 1, "0" * 64)
    answer = ask("POST", "/v1/packages", as_="ico-uk.submitter", json=world.creation(declared)).json()
    jsonschema.validate(answer, {"$ref": "#/components/schemas/PackageBody", "components": document["components"]})
    problem = ask("GET", "/v1/packages").json()
    jsonschema.validate(problem, {"$ref": "#/components/schemas/Problem", "components": document["components"]})
