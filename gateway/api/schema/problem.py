"""The shape of a refusal (RFC 9457), and the refusals that every address may answer with."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """A problem document. Further members depend on the code, for example ``clause`` or ``exhibits``."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:evidence-gateway:problem:evidence-type-not-permitted",
                "title": "Evidence type not permitted",
                "status": 403,
                "detail": "The agreement does not permit this package: training-data is not listed.",
                "code": "evidence-type-not-permitted",
                "instance": "urn:uuid:6f2c1d5e-52a7-4f0b-a7c5-0a5e2f1d3c4b",
                "remedy": "Read the clause that decided; if it should permit this, change the agreement.",
                "clause": "/evidence",
            }
        },
    )

    type: str = Field(description="urn:evidence-gateway:problem:<code>; docs/errors.md lists the codes.")
    title: str
    status: int
    detail: str = Field(description="One sentence for a person.")
    code: str = Field(description="Stable, kebab-case; never reworded.")
    instance: str = Field(description="This occurrence; the operator finds it in the log of the process.")
    remedy: str | None = Field(default=None, description="What the caller can do.")
    where: str | None = Field(default=None, description="The offending place: JSON Pointer, line, parameter.")


class OAuthError(BaseModel):
    """RFC 6749 §5.2."""

    error: str = Field(examples=["invalid_client"])
    error_description: str | None = None


_MEANING = {
    400: "The request cannot be accepted as it stands.",
    401: "No access token, or one that is not accepted.",
    403: "The agreement does not permit this; `clause` says which rule decided.",
    404: "No such object, or one of another agency, which is answered alike.",
    408: "The body stopped arriving.",
    409: "The request contradicts the present state.",
    413: "Larger than a limit.",
    415: "A body of another media type is expected.",
    416: "The range begins after the end.",
    422: "A digest or signature does not fit, or an Idempotency-Key was used for another request.",
    500: "Something unforeseen; nothing was released.",
    503: "The database, the log or the store cannot be reached; nothing was done.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: those statuses and the ones that any address may answer with."""
    return {
        status: {
            "description": _MEANING[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({400, 401, 500, 503, *statuses})
    }
