"""What runs inside the sandboxed child for an exhibit that comes in pieces: several calls, one exhibit at a time.

A call opens a task (``window-examine``, ``window-survey``, ``window-redact``), others give it the bytes of the
exhibit piece by piece, the last one ends it. The child works on one task at a time and forgets it when it ends
or fails. As in :mod:`gateway.workbench.child`, plain values and bytes both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gateway.detectors.structure.legends import Enclosures
from gateway.errors import InvalidInput, Unparsable
from gateway.evidence.media import effective_media_type
from gateway.formats.sniff import sniff
from gateway.formats.text.windows import WINDOWED
from gateway.redaction.document import Detector, Window, WindowedFormat
from gateway.redaction.finding_list import FindingList
from gateway.workbench.redact_windows import Surveyed, WindowRedaction, WindowSurvey
from gateway.workbench.wire import decode_job, encode_renditions

Answer = Mapping[str, Any]


class WindowTasks:
    """The child's tasks over long exhibits, one at a time, each with a detector of its own."""

    def __init__(self, new_detector: Callable[[], Detector]) -> None:
        self._new_detector = new_detector
        self._task: _Examination | _Survey | _Redaction | None = None
        self._opens: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
            "window-examine": self._open_examination,
            "window-survey": self._open_survey,
            "window-redact": self._open_redaction,
        }

    def work(self, request: Mapping[str, Any]) -> Answer:
        """Answer one call; a task that fails is over."""
        asked: str = request["do"]
        try:
            if asked in self._opens:
                self._task = None
                return self._opens[asked](request)
            if self._task is None or asked not in self._task.steps:
                raise InvalidInput(
                    "window-task-unknown",
                    "No such task over a long exhibit is open.",
                    remedy="Try the exhibit again; if that fails too, report it as a fault of the gateway.",
                )
            answer = self._task.steps[asked](request)
            if asked in ("window-end", "window-finish"):
                self._task = None
            return answer
        except Exception:
            self._task = None
            raise

    def _open_examination(self, request: Mapping[str, Any]) -> Answer:
        sniffed = sniff(_whole_lines(request["data"]), request["name"])
        media_type = effective_media_type(sniffed, request["declared"])
        if media_type not in WINDOWED:
            return {"windowed": False}
        self._task = _Examination(WINDOWED[media_type], sniffed)
        return {"windowed": True}

    def _open_survey(self, request: Mapping[str, Any]) -> Answer:
        format_ = _format(request["media_type"])
        self._task = _Survey(WindowSurvey(format_, self._new_detector(), Enclosures().find, request["name"]))
        return {}

    def _open_redaction(self, request: Mapping[str, Any]) -> Answer:
        job = decode_job(request["job"])
        survey = Surveyed(frozenset(request["surveyed_names"]), FindingList.from_bytes(request["findings"]))
        format_ = _format(job.media_type)
        self._task = _Redaction(WindowRedaction(survey, job, format_=format_, detector=self._new_detector()))
        return {}


class _Examination:
    """Reads all windows to see that they can be read; only measures come back, no text."""

    def __init__(self, format_: WindowedFormat, sniffed: str) -> None:
        self._reader = format_.reader()
        self._answer: dict[str, Any] = {
            "media_type": sniffed,
            "redactable": True,
            "extractor": "none",
            "version": "0",
            "characters": 0,
            "members": [],
            "attachments": [],
        }
        self.steps = {"window-read": self._read, "window-end": self._end}

    def _read(self, request: Mapping[str, Any]) -> Answer:
        self._measure(self._reader.feed(request["data"]))
        return {}

    def _end(self, request: Mapping[str, Any]) -> Answer:
        self._measure(self._reader.finish())
        return self._answer

    def _measure(self, windows: Iterable[Window]) -> None:
        for window in windows:
            text = window.document.canonical
            self._answer.update(
                extractor=text.extractor, version=text.version, characters=window.offset + len(text.text)
            )


class _Survey:
    def __init__(self, survey: WindowSurvey) -> None:
        self._survey = survey
        self.steps = {"window-read": self._read, "window-end": self._end}

    def _read(self, request: Mapping[str, Any]) -> Answer:
        self._survey.feed(request["data"])
        return {}

    def _end(self, request: Mapping[str, Any]) -> Answer:
        found = self._survey.finish()
        return {"names": sorted(found.names), "findings": found.findings.to_bytes()}


class _Redaction:
    def __init__(self, redaction: WindowRedaction) -> None:
        self._redaction = redaction
        self.steps = {
            "window-read": self._read,
            "window-learned": self._learned,
            "window-make": self._make,
            "window-finish": self._finish,
        }

    def _read(self, request: Mapping[str, Any]) -> Answer:
        self._redaction.learn(request["data"])
        return {}

    def _learned(self, request: Mapping[str, Any]) -> Answer:
        return {"stopped_by": list(self._redaction.learned())}

    def _make(self, request: Mapping[str, Any]) -> Answer:
        return {f"data{i}": data for i, data in enumerate(self._redaction.make(request["data"]))}

    def _finish(self, request: Mapping[str, Any]) -> Answer:
        last, renditions = self._redaction.finish()
        return {
            "renditions": encode_renditions(renditions),
            **{f"data{i}": data for i, data in enumerate(last)},
        }


def _whole_lines(data: bytes) -> bytes:
    """The beginning of a file without what is cut off at its end, of UTF-16 and UTF-32 whole characters at least."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"\x00\x00\xfe\xff":
        return data[: len(data) - len(data) % 4]
    return data[: data.rfind(b"\n") + 1] or data


def _format(media_type: str) -> WindowedFormat:
    found = WINDOWED.get(media_type)
    if found is None:
        raise Unparsable("media-type-not-redactable", f"Files of type {media_type} cannot be opened.")
    return found
