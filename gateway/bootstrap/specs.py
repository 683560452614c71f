"""A rendition spec on its way into the sandboxed child, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.agreements.model import View
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.workbench import RenditionSpec


def encode_spec(spec: RenditionSpec) -> dict[str, Any]:
    """A rendition spec as plain values, for the way into the child."""
    return {
        "view": spec.view.name,
        "defaults": {str(c): str(a) for c, a in spec.view.defaults.items()},
        "exceptions": {
            str(c): {entity: str(a) for entity, a in actions.items()} for c, actions in spec.view.exceptions.items()
        },
        "audience": spec.audience,
        "pseudonym_key": spec.pseudonym_key.hex(),
    }


def decode_spec(values: Mapping[str, Any]) -> RenditionSpec:
    """The inverse of :func:`encode_spec`."""
    view = View(
        name=values["view"],
        defaults={Category(c): Action(a) for c, a in values["defaults"].items()},
        exceptions={
            Category(c): {entity: Action(a) for entity, a in actions.items()}
            for c, actions in values["exceptions"].items()
        },
    )
    return RenditionSpec(view, values["audience"], bytes.fromhex(values["pseudonym_key"]))
