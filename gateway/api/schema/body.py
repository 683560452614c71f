"""Request bodies: the model that the API's description shows is the one that checks.

The JSON is parsed strictly before (request/bodies.py). Here keys must be known, nothing is converted, and each
member is what its annotation says. Every annotation brings its own sentence for what does not fit, or the
domain's parser with its own codes; so neither pydantic's words nor anything of the value comes to light.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema, core_schema

from gateway.api.schema.base import Base64, Identifier, ObjectId, object_id
from gateway.errors import GatewayError, InvalidInput
from gateway.evidence.names import check_identifier

MAX_SIGNATURE_BYTES = 160  # DER of ECDSA P-384 is at most 104 bytes


class Body(BaseModel):
    """Base of all."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    @classmethod
    def checked(cls, untrusted: Any) -> Self:
        """The body, if it has the keys that it must and may have, each of its kind.

        Raises:
            InvalidInput: ``request-invalid``; ``where`` is a JSON Pointer.
            GatewayError: What the parser of a member raises.
        """
        if not isinstance(untrusted, dict):
            raise invalid("a JSON object is expected", "/")
        # The first unknown key is enough: pydantic would collect them all.
        for key in untrusted:
            if key not in cls.model_fields:
                raise invalid(f"the key {key[:80]!r} is not known here", f"/{key[:80]}")
        for key, field in cls.model_fields.items():
            if field.is_required() and key not in untrusted:
                raise invalid(f"the key {key!r} is missing", f"/{key}")
        try:
            return cls.model_validate(untrusted)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            cause = first.get("ctx", {}).get("error")
            if isinstance(cause, Refused):
                raise cause.error from None
            reason = str(cause) if cause else "a member is not as described"
            raise invalid(reason, "/" + "/".join(map(str, first["loc"]))) from None


class Nothing(Body):
    """An act that needs no further words: no body, or an empty object."""


class Refused(ValueError):
    """Carries an error of ours, which is then the answer, through pydantic."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(error.code)
        self.error = error


def invalid(reason: str, where: str) -> InvalidInput:
    """The refusal of a body that is not as described. ``reason`` quotes nothing that may be secret."""
    return InvalidInput(
        "request-invalid",
        f"The request body cannot be accepted: {reason}.",
        remedy="Compare it with /v1/openapi.json.",
        where=where,
    )


@dataclass(frozen=True, slots=True)
class Parsed:
    """In an annotation: what ``parse`` makes of the member, which the API describes as another type.

    Args:
        parse: Raises a GatewayError, which is then the answer, or a ValueError with the reason.
        described: The type in the description. It checks nothing.
    """

    parse: Callable[[Any], Any]
    described: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._validate, handler.generate_schema(self.described))

    def _validate(self, value: Any, _: ValidatorFunctionWrapHandler) -> Any:
        try:
            return self.parse(value)
        except GatewayError as error:
            raise Refused(error) from None


def expected(reason: str) -> WrapValidator:
    """In an annotation, last: the sentence for what does not fit the type before it."""

    def validate(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["loc"]:
                raise  # an item of a list has a sentence of its own
            raise ValueError(reason) from None

    return WrapValidator(validate)


def string(value: Any, max_chars: int) -> str:
    """The value, if it is a string of at most so many characters; else a ValueError with the reason."""
    if not isinstance(value, str) or len(value) > max_chars:
        raise ValueError(f"a string of at most {max_chars} characters is expected")
    return value


def chars(max_chars: int) -> Parsed:
    """In an annotation: a string of at most so many characters."""
    return Parsed(partial(string, max_chars=max_chars), Annotated[str, Field(max_length=max_chars)])


def octets(max_bytes: int = MAX_SIGNATURE_BYTES) -> Parsed:
    """In an annotation: bytes, from standard padded base64 that is what they re-encode to."""

    def parse(value: Any) -> bytes:
        if isinstance(value, str) and len(value) <= (max_bytes + 2) // 3 * 4:
            try:
                decoded = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                decoded = b""
            if decoded and len(decoded) <= max_bytes and base64.b64encode(decoded).decode() == value:
                return decoded
        raise ValueError(f"padded base64 of 1 to {max_bytes} bytes is expected")

    return Parsed(parse, Base64)


def identifier(what: str) -> Parsed:
    """In an annotation: an identifier, which its refusal calls ``what``."""
    return Parsed(partial(check_identifier, what=what), Identifier)


KeyId = Annotated[str, chars(64), Field(description="The agency's registered signing key.")]
#: The id of an object; what cannot be one names nothing.
ObjectName = Annotated[str, Parsed(lambda value: object_id(string(value, 64)), ObjectId)]
