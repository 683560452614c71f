"""What runs inside the sandboxed child: formats and detectors joined to the heart of redaction.

The child is started with an empty environment, no network and no files to write. It loads its models
once (:func:`prepare`) and then answers requests (:func:`work`) that are plain values and bytes both
ways; no object of the parent ever reaches it, and none of its own reaches the parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.detectors.ensemble import build_detector
from gateway.detectors.repeated_pieces import PiecewiseDetector
from gateway.errors import TooLarge, Unparsable
from gateway.evidence.media import REDACTABLE, compatible
from gateway.formats.containers.inside import types_inside
from gateway.formats.containers.left_out import left_out
from gateway.formats.registry import format_for
from gateway.formats.sniff import sniff
from gateway.redaction.document import Detector, Format
from gateway.workbench.cached_detector import RememberingDetector
from gateway.workbench.child_windows import WindowBench
from gateway.workbench.redact_whole import redact_exhibit, survey_exhibit
from gateway.workbench.wire import decode_register, decode_spec

_detector: Detector | None = None
_windows: WindowBench | None = None


def prepare() -> None:
    """Load the models, once a child."""
    global _detector, _windows
    detector = PiecewiseDetector(build_detector())
    _detector, _windows = RememberingDetector(detector), WindowBench(detector)


def work(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer one request: ``{"do": "examine" | "survey" | "redact" | "window-…", "data": bytes, ...}``."""
    if request["do"].startswith("window-") and _windows is not None:
        return _windows.work(request)
    if request["do"] == "examine":
        return examine(request)
    return survey(request) if request["do"] == "survey" else redact(request)


def examine(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sniff and, where we can, parse; only measures come back, no text."""
    data: bytes = request["data"]
    sniffed = sniff(data, request["name"])
    declared: str = request["declared"]
    media_type = declared if compatible(sniffed, declared) else sniffed
    if media_type not in REDACTABLE:
        return {
            "media_type": sniffed,
            "redactable": False,
            "extractor": "none",
            "version": "0",
            "characters": 0,
            "members": [],
            "attachments": [],
        }
    if not request["complete"]:
        raise TooLarge(
            "exhibit-too-large-to-redact",
            "The exhibit is larger than what is opened for redaction.",
            remedy="Split the file, or raise EVIDENCE_GATEWAY_MAX_REDACTABLE_BYTES.",
        )
    document = _format(media_type, request["max_scans"]).parse(data)
    canonical, inside = document.canonical, types_inside(document)
    return {
        "media_type": sniffed,
        "redactable": True,
        "extractor": canonical.extractor,
        "version": canonical.version,
        "characters": len(canonical.text),
        "members": sorted(inside.members),
        "attachments": sorted(inside.attachments),
    }


def survey(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The names of persons in an exhibit."""
    names = survey_exhibit(
        request["data"],
        format_=_format(request["media_type"], request["max_scans"]),
        detector=_loaded(),
        name=request["name"],
    )
    return {"names": sorted(names)}


def redact(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make and prove every rendition that is asked for; ``data<i>`` holds the bytes of the i-th."""
    redacted = redact_exhibit(
        request["data"],
        format_=_format(request["media_type"], request["max_scans"]),
        detector=_loaded(),
        exhibit_id=request["exhibit_id"],
        name=request["name"],
        source_commitment=request["source_commitment"],
        stop_on=frozenset(request["stop_on"]),
        specs=[decode_spec(spec) for spec in request["specs"]],
        names=frozenset(request["names"]),
        register=decode_register(request["register"]),
        dropped=left_out(request["media_type"], request["data"]),
    )
    answer: dict[str, Any] = {
        "stopped_by": list(redacted.stopped_by),
        "renditions": [
            {
                "view": r.view,
                "audience": r.audience,
                "name": r.name,
                "media_type": r.media_type,
                "report": dict(r.report),
                "lowest_confidence": r.lowest_confidence,
            }
            for r in redacted.renditions
        ],
    }
    answer.update({f"data{i}": r.data for i, r in enumerate(redacted.renditions)})
    return answer


def _loaded() -> Detector:
    if _detector is None:
        raise Unparsable("detector-not-loaded", "The detectors are not loaded.", remedy="Restart the worker.")
    return _detector


def _format(media_type: str, max_scans: int) -> Format:
    found = format_for(media_type, max_scans)
    if found is None:
        raise Unparsable("media-type-not-redactable", f"Files of type {media_type} cannot be opened.")
    return found
