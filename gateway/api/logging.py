"""The process log: one JSON object a line on standard error, without texts of exceptions.

This is for operators and holds no evidence; what happened to evidence is in the audit log. The text
of an exception may quote what it choked on, so of an exception only its type and its frames are
written. Requests are not logged here: who asked for what is in the audit log too, and better.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

_MAX_FRAMES = 12


class ReticentFormatter(logging.Formatter):
    """Formats a record as a line of JSON; line feeds in messages cannot forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        members: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            members["exception"] = record.exc_info[0].__name__
            members["frames"] = _frames(record.exc_info[2])
        return json.dumps(members, ensure_ascii=False)


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_MAX_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """A configuration for :func:`logging.config.dictConfig`, and for uvicorn's ``log_config``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "gateway.api.logging.ReticentFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "gateway": {"handlers": ["stderr"], "level": level, "propagate": False},
            "uvicorn": {"handlers": ["stderr"], "level": level, "propagate": False},
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
