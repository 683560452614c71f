"""What runs inside the sandboxed child: formats and detectors joined to the heart of redaction.

The child is started with an empty environment, no network and no files to write. It loads its models
once (:func:`prepare`) and then answers requests (:func:`work`) that are plain values and bytes both
ways; no object of the parent ever reaches it, and none of its own reaches the parent. Exhibits that come in
pieces are the work of :mod:`gateway.workbench.child_windows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.detectors.ensemble import build_detector
from gateway.detectors.repeated_pieces import PiecewiseDetector
from gateway.errors import TooLarge, Unparsable
from gateway.evidence.media import REDACTABLE, effective_media_type
from gateway.formats.containers.inside import types_inside
from gateway.formats.containers.left_out import left_out
from gateway.formats.registry import format_for
from gateway.formats.sniff import sniff
from gateway.redaction.document import Detector, Format
from gateway.workbench.cached_detector import CachedDetector
from gateway.workbench.child_windows import WindowTasks
from gateway.workbench.redact_whole import redact_exhibit, survey_exhibit
from gateway.workbench.wire import decode_job, encode_renditions


class Child:
    """The child's tasks over whole exhibits; what comes in pieces it hands on."""

    def __init__(self, detector: Detector) -> None:
        def new_detector() -> Detector:
            return PiecewiseDetector(detector)

        self._detector = CachedDetector(new_detector)
        self._windows = WindowTasks(new_detector)
        self._tasks = {"examine": self.examine, "survey": self.survey, "redact": self.redact}

    def work(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer one request."""
        return self._tasks.get(request["do"], self._windows.work)(request)

    def examine(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Sniff and, where we can, parse; only measures come back, no text."""
        data: bytes = request["data"]
        sniffed = sniff(data, request["name"])
        media_type = effective_media_type(sniffed, request["declared"])
        answer = {"media_type": sniffed, "redactable": media_type in REDACTABLE, "members": [], "attachments": []}
        if not answer["redactable"]:
            return {**answer, "extractor": "none", "version": "0", "characters": 0}
        if not request["complete"]:
            raise TooLarge(
                "exhibit-too-large-to-redact",
                "The exhibit is larger than what is opened for redaction.",
                remedy="Split the file, or raise EVIDENCE_GATEWAY_MAX_REDACTABLE_BYTES.",
            )
        document = _format(media_type, request).parse(data)
        canonical, inside = document.canonical, types_inside(document)
        return {
            **answer,
            "extractor": canonical.extractor,
            "version": canonical.version,
            "characters": len(canonical.text),
            "members": sorted(inside.members),
            "attachments": sorted(inside.attachments),
        }

    def survey(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The names of persons in an exhibit."""
        format_ = _format(request["media_type"], request)
        names = survey_exhibit(request["data"], format_=format_, detector=self._detector, name=request["name"])
        return {"names": sorted(names)}

    def redact(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make and prove every rendition that is asked for; ``data<i>`` holds the bytes of the i-th."""
        job, data = decode_job(request["job"]), request["data"]
        redacted = redact_exhibit(
            data,
            job,
            format_=_format(job.media_type, request),
            detector=self._detector,
            dropped=left_out(job.media_type, data),
        )
        return {
            "stopped_by": list(redacted.stopped_by),
            "renditions": encode_renditions(redacted.renditions),
            **{f"data{i}": each.data for i, each in enumerate(redacted.renditions)},
        }


_child: Child | None = None


def prepare() -> None:
    """Load the models, once a child."""
    global _child
    _child = Child(build_detector())


def work(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer one request: ``{"do": "examine" | "survey" | "redact" | "window-…", "data": bytes, ...}``."""
    if _child is None:
        raise Unparsable("detector-not-loaded", "The detectors are not loaded.", remedy="Restart the worker.")
    return _child.work(request)


def _format(media_type: str, request: Mapping[str, Any]) -> Format:
    found = format_for(media_type, request["max_scans"])
    if found is None:
        raise Unparsable("media-type-not-redactable", f"Files of type {media_type} cannot be opened.")
    return found
