"""Fixtures every suite shares: where the shared texts, documents and vectors lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run that decides whether a change may land; new ones each time at a desk.
settings.register_profile("ci", derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data and vectors; absent it, skip here and fail in CI."""
    folder = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
    if not (folder / "vectors").is_dir():
        message = f"the shared data is not at {folder}; set GATEWAY_SHARED to its folder"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test: they may hold a time or a random part, and then two workers collect different tests."""
    return argname if isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable()) else None
