"""The ensemble takes seconds to load, so all unit tests that need it share one."""

from __future__ import annotations

import pytest

from gateway.detectors.ensemble import Ensemble, build_detector


@pytest.fixture(scope="session")
def detector() -> Ensemble:
    return build_detector()
