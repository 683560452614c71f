"""A background thread that dies is not silent: the readiness check hears of it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from gateway.bootstrap.gateway import open_gateway
from gateway.keyring.file_keyring import FileKeyring
from gateway.settings import Settings
from gateway.workers.background import Background
from gateway.workers.sequencer import Sequencer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home", passphrase="a passphrase for this test only")
    settings.key_path.parent.mkdir(mode=0o700, parents=True)
    FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin, cost=12)
    return settings


def test_all_is_well_while_all_threads_run(settings: Settings) -> None:
    with open_gateway(settings) as gateway, Background(gateway) as background:
        for _ in range(100):
            if background.sequencer.leads:
                break
            time.sleep(0.05)
        assert background.sequencer.leads
        assert background.refusal is None


def test_a_thread_that_dies_is_reported(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(self: Sequencer, stop: threading.Event) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(Sequencer, "run", die)
    with open_gateway(settings) as gateway, Background(gateway) as background:
        for _ in range(100):
            if background.refusal is not None:
                break
            time.sleep(0.05)
        refusal = background.refusal
    assert refusal is not None
    assert refusal.code == "background-ended"
    assert "sequencer" in refusal.message


def test_a_stop_that_comes_at_once_is_heard(settings: Settings) -> None:
    with open_gateway(settings) as gateway:
        for _ in range(3):
            background = Background(gateway).start()
            background.stop()
            assert background.refusal is None
