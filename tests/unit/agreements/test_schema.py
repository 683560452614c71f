"""The published schema is the generated one, and it agrees with the parser as far as a schema can."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.schema import agreement_schema
from gateway.agreements.text.parsing import parse_agreement

POLICIES = Path(__file__).parents[3] / "policies"
Bend = Callable[..., bytes]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(agreement_schema())


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = json.loads((POLICIES / "schema" / "agreement.schema.json").read_text("utf-8"))
    assert committed == agreement_schema(), "write it anew: evidence-gateway agreements schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(agreement_schema())


def test_every_key_has_a_description() -> None:
    missing = [path for path, member in _members(agreement_schema(), "") if not member.get("description")]
    assert not missing


def _members(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, member in schema.get("properties", {}).items():
        yield f"{path}/{name}", member
        yield from _members(member, f"{path}/{name}")
    nested_schemas = (*schema.get("$defs", {}).values(), *schema.get("oneOf", []))
    for nested in (schema.get("additionalProperties"), schema.get("items"), *nested_schemas):
        if isinstance(nested, dict):
            yield from _members(nested, f"{path}/*")


def test_what_the_parser_accepts_the_schema_accepts(validator: jsonschema.Draft202012Validator, sample: bytes) -> None:
    files = [path.read_bytes() for path in (POLICIES / "agreements").glob("*.yaml")]
    assert len(files) >= 3
    for file in [sample, *files]:
        validator.validate(parse_agreement(file).document)


#: Ways to bend the document that a schema can see; the parser must refuse them too.
BENDINGS: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("unknown key", lambda d: d.update(extra=1)),
    ("missing title", lambda d: d.pop("title")),
    ("version as text", lambda d: d.update(version="3")),
    ("version 0", lambda d: d.update(version=0)),
    ("unknown right", lambda d: d["parties"][0].update(may=["pushh"])),
    ("unknown country", lambda d: d["parties"][0].update(jurisdiction="UK")),
    ("one party", lambda d: d.update(parties=d["parties"][:1])),
    ("no purposes", lambda d: d.update(purposes=[])),
    ("double purpose", lambda d: d.update(purposes=["a", "a"])),
    ("name in capitals", lambda d: d.update(agreement="EU")),
    ("pull without views", lambda d: d["roles"]["investigator"].pop("views")),
    ("size without unit", lambda d: d["evidence"]["incident-report"].update(max_size="50")),
    ("duration in words", lambda d: d["retention"]["default"].update(keep="90 days")),
    ("entity of another category", lambda d: d["views"]["ring"]["personal_data"].update(AMOUNT="keep")),
    ("impossible action", lambda d: d["views"]["ring"]["personal_data"].update(DATE="pseudonymise")),
    ("no default", lambda d: d["views"]["ring"]["personal_data"].pop("default")),
    ("unknown condition", lambda d: d["review"].update(when=["sometimes"])),
    ("unknown act", lambda d: d["safeguards"].update(two_persons=["launch"])),
    ("wrong date", lambda d: d["in_force"].update({"from": "1.1.2026"})),
]


@pytest.mark.parametrize(("name", "bend_document"), BENDINGS, ids=[b[0] for b in BENDINGS])
def test_what_the_schema_refuses_the_parser_refuses(
    validator: jsonschema.Draft202012Validator, sample: bytes, name: str, bend_document: Callable[[Any], object]
) -> None:
    document = json.loads(json.dumps(parse_agreement(sample).document))
    bend_document(document)
    assert not validator.is_valid(document)
    with pytest.raises(AgreementInvalid):
        parse_agreement(json.dumps(document).encode())
