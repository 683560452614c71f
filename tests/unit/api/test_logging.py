"""The process log says where something broke, and never what the broken thing held."""

from __future__ import annotations

import json
import logging
import logging.config
import sys

from gateway.api.logging import ReticentFormatter, logging_config


def _record(message: str, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("gateway.test", logging.ERROR, __file__, 1, message, (), exc_info)  # type: ignore[arg-type]


def test_an_exception_is_named_but_not_quoted() -> None:
    try:
        raise ValueError("cannot parse 'Margaret Ellis, born 1961'")
    except ValueError:
        line = ReticentFormatter().format(_record("failed", sys.exc_info()))
    assert "Ellis" not in line
    entry = json.loads(line)
    assert entry["exception"] == "ValueError"
    assert "test_logging.py" in entry["frames"][0]


def test_a_message_stays_on_its_line() -> None:
    line = ReticentFormatter().format(_record('x\n{"level":"info","message":"forged"}'))
    assert "\n" not in line


def test_the_configuration_names_what_exists() -> None:
    config = logging_config()
    formatter = logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["json"])
    assert isinstance(formatter, ReticentFormatter)
    assert config["loggers"]["uvicorn.access"]["handlers"] == []
