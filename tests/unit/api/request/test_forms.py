"""The token endpoint's form parser: what it reads, and what it refuses."""

from __future__ import annotations

import pytest

from gateway.api.request.forms import MAX_FIELDS, MAX_FORM_BYTES, parse_form
from gateway.errors import InvalidInput, TooLarge


def test_decodes_names_and_values() -> None:
    assert parse_form(b"grant_type=client_credentials&x=a+b%2Bc%C3%A9&empty=") == {
        "grant_type": "client_credentials",
        "x": "a b+cé",
        "empty": "",
    }
    assert parse_form(b"") == {}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"a=1&a=2", "twice"),
        (b"a=1&%61=2", "twice, once escaped"),
        (b"a", "no equals sign"),
        (b"=1", "no name"),
        (b"a=1&&b=2", "an empty field"),
        (b"a=%4", "a broken escape"),
        (b"a=%zz", "an escape that is not hexadecimal"),
        (b"a=%ff", "not UTF-8"),
        (b"a=%00", "NUL"),
        (b"n" * 65 + b"=1", "a long name"),
    ],
)
def test_refuses(body: bytes, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_form(body)
    assert caught.value.code == "form-invalid", why


def test_limits() -> None:
    with pytest.raises(TooLarge):
        parse_form(b"a=" + b"x" * MAX_FORM_BYTES)
    assert len(parse_form(b"&".join(b"f%d=1" % i for i in range(MAX_FIELDS)))) == MAX_FIELDS
    with pytest.raises(TooLarge):
        parse_form(b"&".join(b"f%d=1" % i for i in range(MAX_FIELDS + 1)))
