"""How fast an opaque exhibit goes in and comes out, against the same server without a gateway.

    python benchmarks/bench_transfer.py [--mib 1024] [--rounds 2]

In one run, with the same uvicorn configuration (uvloop, httptools), the same load generator and the
same disk:

- push: PUT of the exhibit to the gateway, against a handler that writes the raw body to disk and
  computes its SHA-256;
- pull: GET of the .age file from the gateway, against Starlette's FileResponse of a file as large;
- memory: how much the gateway's process grows while it serves them (peak over its size before).

The gateway is the real one: embedded PostgreSQL, blobs in a folder, decisions and audit entries on
the way. Goals: push at least 0.5, pull at least 0.7, growth below 150 MiB for any size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
BLOCK_MIB = 16
AGREEMENT = """
agreement: transfer-benchmark
version: 1
title: Transfers
parties:
  - {agency: alpha, jurisdiction: GB, may: [push, pull]}
  - {agency: beta, jurisdiction: FR, may: [push, pull]}
in_force: {from: 2020-01-01, until: 2099-12-31}
legal_basis: [none]
purposes: [measuring]
roles:
  submitter: {may: [push]}
  investigator: {may: [pull], views: [standard]}
evidence:
  model-artifact: {media: [application/octet-stream], max_size: 100 GB, opaque: allowed}
retention:
  default: {keep: P1D, counted_from: release}
views:
  standard: {personal_data: {default: remove}, trade_secrets: {default: remove}}
encryption: {recipients: classical}
"""


def main() -> None:
    arguments = _arguments()
    if arguments.serve == "plain":
        _serve_plain(Path(arguments.folder), arguments.port)
    elif arguments.serve == "gateway":
        _serve_gateway(Path(arguments.folder), arguments.port)
    else:
        _measure(arguments.mib, arguments.rounds, arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=256, help="size of the exhibit in MiB")
    parser.add_argument("--rounds", type=int, default=2, help="each measurement is the best of so many")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", choices=("plain", "gateway"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


# -- the two servers -------------------------------------------------------------------------------


def _run(app: Any, port: int) -> None:
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="error", access_log=False)


def _serve_plain(folder: Path, port: int) -> None:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import FileResponse, JSONResponse, Response
    from starlette.routing import Route

    async def upload(request: Request) -> Response:
        digest = hashlib.sha256()
        with (folder / "raw").open("wb", buffering=0) as file:
            async for piece in request.stream():
                digest.update(piece)
                file.write(piece)
            await run_in_threadpool(os.fsync, file.fileno())
        return JSONResponse({"sha256": digest.hexdigest()})

    async def download(request: Request) -> Response:
        return FileResponse(folder / "raw")

    async def ready(request: Request) -> Response:
        return Response()

    routes = [Route("/raw", upload, methods=["PUT"]), Route("/raw", download), Route("/readyz", ready)]
    _run(Starlette(routes=routes), port)


def _serve_gateway(folder: Path, port: int) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    from gateway.agreements.model import AgreementState
    from gateway.agreements.signing import statement
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.api.app import create_app
    from gateway.bootstrap.gateway import open_gateway
    from gateway.envelope.signature import private_pem, public_pem, sign
    from gateway.envelope.x25519 import X25519Identity
    from gateway.evidence.agency import Agency, RegisteredKey
    from gateway.evidence.package import Principal
    from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
    from gateway.exchange.record import event
    from gateway.keyring.file_keyring import FileKeyring
    from gateway.settings import Settings
    from gateway.workers.background import Background

    settings = Settings(
        home=folder / "home", public_url=f"http://127.0.0.1:{port}", port=port, passphrase="only for this benchmark"
    )
    settings.key_path.parent.mkdir(parents=True, mode=0o700)
    FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin)
    with open_gateway(settings) as gateway:
        now = gateway.clock()
        agreement = parse_agreement(AGREEMENT.encode())

        def note(action: str) -> Any:
            return event(action, "done", now, ("benchmark", "1"), actor=None, system="operator")

        with gateway.database.transaction() as tx:
            signing = {}
            for agency, country, role in (("alpha", "GB", "submitter"), ("beta", "FR", "investigator")):
                tx.directory.add_agency(Agency(agency, agency, country, now), note("agency.add"))
                principal = Principal(f"{agency}.{role}", agency, frozenset({role}))
                tx.directory.put_principal(principal, note("principal.put"))
                auth, signing[agency] = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
                identity = X25519Identity.generate()
                for key in (
                    RegisteredKey(
                        f"{agency}.auth", agency, principal.id, "authentication",
                        public_pem(auth.public_key()).decode(), now, None,
                    ),
                    RegisteredKey(
                        f"{agency}.sign", agency, None, "signing",
                        public_pem(signing[agency].public_key()).decode(), now, None,
                    ),
                    RegisteredKey(f"{agency}.age", agency, None, "receiving", str(identity.recipient), now, None),
                ):  # fmt: skip
                    tx.directory.add_key(key, note("key.add"))
                _keep(folder, f"{agency}.auth.pem", private_pem(auth))
                _keep(folder, f"{agency}.sign.pem", private_pem(signing[agency]))
                _keep(folder, f"{agency}.identity.txt", identity.secret_text().encode())
                _keep(
                    folder,
                    f"{agency}.json",
                    json.dumps(
                        {
                            "gateway": settings.public_url,
                            "agency": agency,
                            "client_id": principal.id,
                            "auth_key": f"{agency}.auth.pem",
                            "auth_key_id": f"{agency}.auth",
                            "signing_key": f"{agency}.sign.pem",
                            "signing_key_id": f"{agency}.sign",
                            "identity": f"{agency}.identity.txt",
                            "gateway_key": "gateway.pem",
                        }
                    ).encode(),
                )
            record = AgreementRecord(agreement, AGREEMENT, AgreementState.PROPOSED, frozenset(), now)
            tx.agreements.propose(record, note("agreement.propose"))
            for agency, key in signing.items():
                signature = AgreementSignature(agency, f"{agency}.sign", sign(key, statement(agreement.ref)), now)
                tx.agreements.sign(agreement.id, 1, signature, note("agreement.sign"))
            tx.agreements.set_state(agreement.id, 1, AgreementState.ACTIVE, now, note("agreement.activate"))
        _keep(folder, "gateway.pem", gateway.keyring.signing_key_pem())
        with Background(gateway):
            _run(create_app(gateway), port)


def _keep(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    (folder / name).chmod(0o600)


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of a server that is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, __file__, "--serve", kind, "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2, trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the {kind} server did not start")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


# -- the load: the cheapest HTTP client there is, so that the servers are what is measured ----------


def _put(port: int, path: str, headers: dict[str, str], block: bytes, mib: int) -> float:
    with socket.create_connection(("127.0.0.1", port)) as line:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {mib * MIB}\r\n{head}\r\n"
        began = time.perf_counter()
        line.sendall(request.encode())
        view = memoryview(block)
        for i in range(mib):
            at = i % BLOCK_MIB * MIB
            line.sendall(view[at : at + MIB])
        answer = line.recv(65_536)
        elapsed = time.perf_counter() - began
    if b" 200 " not in answer.split(b"\r\n", 1)[0]:
        raise SystemExit(answer.decode(errors="replace"))
    return elapsed


def _get(port: int, path: str, headers: dict[str, str]) -> tuple[float, int]:
    buffer = bytearray(MIB)
    with socket.create_connection(("127.0.0.1", port)) as line:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        began = time.perf_counter()
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n".encode())
        received = 0
        first = b""
        while count := line.recv_into(buffer):
            first = first or bytes(buffer[: min(count, 64)])
            received += count
        elapsed = time.perf_counter() - began
    if b" 200 " not in first:
        raise SystemExit(first.decode(errors="replace"))
    return elapsed, received


class _Memory:
    """Peak growth of a process's resident memory, sampled while the block runs."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self.growth_mib = 0.0

    def _now_mib(self) -> float:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def __enter__(self) -> _Memory:
        self._before = self._now_mib()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._ended.wait(0.02):
            self.growth_mib = max(self.growth_mib, self._now_mib() - self._before)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


# -- the measurement -------------------------------------------------------------------------------


def _measure(mib: int, rounds: int, as_json: bool) -> None:
    from gateway.client import Credentials, GatewayClient
    from gateway.envelope.signature import sign
    from gateway.evidence.manifest import DeclaredExhibit, PackageManifest

    block = os.urandom(BLOCK_MIB * MIB)
    digest = hashlib.sha256()
    for i in range(mib):
        digest.update(block[i % BLOCK_MIB * MIB : (i % BLOCK_MIB + 1) * MIB])
    exhibit = DeclaredExhibit(
        "weights.bin", "model-artifact", "application/octet-stream", mib * MIB, digest.hexdigest()
    )
    result: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="egw-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        with _server("plain", folder) as (plain, _), _server("gateway", folder) as (port, pid):
            submitter = GatewayClient(Credentials.load(folder / "alpha.json"))
            receiver = GatewayClient(Credentials.load(folder / "beta.json"))
            plain_push, gateway_push, plain_pull, gateway_pull = [], [], [], []
            growth = 0.0
            for number in range(rounds):
                plain_push.append(_put(plain, "/raw", {}, block, mib))
                manifest = PackageManifest("transfer-benchmark", f"case-{number}", "measuring", (exhibit,))
                key = submitter.connection.credentials.own_signing_key()
                package = submitter.connection.post(
                    "/v1/packages",
                    {
                        "manifest": manifest.as_dict(),
                        "signature": _base64(sign(key, manifest.canonical())),
                        "key_id": "alpha.sign",
                    },
                )
                address = f"/v1/packages/{package['id']}/exhibits/{package['exhibits'][0]['id']}/content"
                authorization = submitter.connection.authorization()
                with _Memory(pid) as memory:
                    gateway_push.append(_put(port, address, authorization, block, mib))
                growth = max(growth, memory.growth_mib)
                submitter.connection.post(f"/v1/packages/{package['id']}/submit", {})
                state = submitter.wait(package["id"], timeout_seconds=600)
                if state["state"] != "released":
                    raise SystemExit(f"the package was not released: {state}")
                release = next(iter(receiver.inbox()))
                plain_pull.append(_get(plain, "/raw", {})[0])
                authorization = receiver.connection.authorization()
                with _Memory(pid) as memory:
                    gateway_pull.append(_get(port, release["content"], authorization)[0])
                growth = max(growth, memory.growth_mib)
            result = {
                "mib": mib,
                "push_raw_mb_s": mib * 1.048576 / min(plain_push),
                "push_mb_s": mib * 1.048576 / min(gateway_push),
                "push_ratio": min(plain_push) / min(gateway_push),
                "pull_raw_mb_s": mib * 1.048576 / min(plain_pull),
                "pull_mb_s": mib * 1.048576 / min(gateway_pull),
                "pull_ratio": min(plain_pull) / min(gateway_pull),
                "growth_mib": growth,
            }
            submitter.close()
            receiver.close()
    if as_json:
        print(json.dumps(result))
        return
    print(f"exhibit of {mib} MiB, best of {rounds}")
    print(f"push: {result['push_mb_s']:7.0f} MB/s; raw with SHA-256 {result['push_raw_mb_s']:7.0f} MB/s; "
          f"ratio {result['push_ratio']:.2f} (goal 0.5)")  # fmt: skip
    print(f"pull: {result['pull_mb_s']:7.0f} MB/s; plain file       {result['pull_raw_mb_s']:7.0f} MB/s; "
          f"ratio {result['pull_ratio']:.2f} (goal 0.7)")  # fmt: skip
    print(f"memory: grew by {result['growth_mib']:.0f} MiB (goal below 150)")


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


if __name__ == "__main__":
    main()
