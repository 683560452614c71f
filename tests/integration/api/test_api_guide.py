"""docs/api.md is run as it stands: with curl, openssl, jq and age against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.api.app import create_app
from gateway.envelope.signature import private_pem
from tests.unit.api.world import ISSUER, World, served

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
_BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(mark: str) -> list[str]:
    return [body for _, found, body in _BLOCK.findall(GUIDE.read_text()) if found == mark]


@pytest.mark.enable_socket
def test_the_guide_works_with_stock_tools(tmp_path: Path) -> None:
    missing = [tool for tool in ("bash", "curl", "openssl", "jq") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    world = World(tmp_path)
    world.release(b"what the receiver may read", name="earlier.txt")
    for name, key in {
        "auth.pem": world.auth["ico-uk.submitter"],
        "signing.pem": world.signing["ico-uk"],
        "receiver-auth.pem": world.auth["cnil-fr.investigator"],
        "receiver-signing.pem": world.signing["cnil-fr"],
    }.items():
        (tmp_path / name).write_bytes(private_pem(key))
    (tmp_path / "identity.txt").write_text(world.identity["cnil-fr"].secret_text() + "\n")
    blocks = _blocks("guide")
    assert len(blocks) >= 6
    with served(create_app(world.gateway), tmp_path, port=0) as address:
        script = "set -euo pipefail\n" + "\n".join(blocks)
        result = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "GATEWAY": address, "ISSUER": ISSUER, "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("Verified OK") == 2
    assert json.loads((tmp_path / "package.json").read_text())["exhibits"][0]["state"] == "declared"
    acknowledged = [r.acknowledged_at for r in world.database.state.releases.values()]
    assert len(acknowledged) == 1
    assert acknowledged[0] is not None
    if shutil.which("age") is not None:
        (decrypt,) = _blocks("guide-age")
        subprocess.run(["bash", "-c", decrypt], cwd=tmp_path, check=True, capture_output=True)
        assert (tmp_path / "exhibit").read_bytes() == b"what the receiver may read"


def test_every_address_of_the_guide_exists(tmp_path: Path) -> None:
    paths = create_app(World(tmp_path).gateway).openapi()["paths"]
    known = {re.sub(r"\{\w+\}", "*", path) for path in paths}
    mentioned = set(re.findall(r"(?:GET|POST|PUT) `?(/v1/[^\s`?)]+)", GUIDE.read_text()))
    assert mentioned
    for path in mentioned:
        pattern = re.sub(r"\{\w+\}", "*", path).replace("tile/*/*", "tile/*").rstrip(".")
        assert pattern in known, path
