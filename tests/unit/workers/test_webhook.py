"""Webhooks over TLS: the name is resolved once, its certificate is checked, redirects are not followed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from gateway.errors import InvalidInput
from gateway.workers import webhook

NAME = "sink.example"
pytestmark = pytest.mark.enable_socket


@contextmanager
def sink(folder: Path, certified: str, status: int = 204) -> Iterator[tuple[int, list[str], Path]]:
    """A TLS server on the loopback; its port, the Host headers that came, and its certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, certified)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(certified)]), critical=False)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / "sink.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    hosts: list[str] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            hosts.append(self.headers["host"])
            self.send_response(status)
            self.send_header("location", "https://127.0.0.1/inside")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(HTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with Quiet(("127.0.0.1", 0), Sink) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield int(server.server_address[1]), hosts, path
        finally:
            server.shutdown()
            thread.join()


def names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Make the resolver say these addresses, one after the other; the questions that came."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name != NAME:
            return real(host, port, *rest, **more)
        asked.append(name)
        address = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def send(port: int, *, allow_private: bool = True) -> int:
    return webhook.deliver(f"https://{NAME}:{port}/x", b"s" * 32, "msg_1", 1, b"{}", allow_private=allow_private)


def test_the_name_is_resolved_once_and_kept_in_sni_and_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink(tmp_path, NAME) as (port, hosts, trusted):
        trust(monkeypatch, trusted)
        # A second question would lead elsewhere: the connection must go to the address that was checked.
        asked = names(monkeypatch, "127.0.0.1", "203.0.113.9")
        assert send(port) == 204
    assert (asked, hosts) == ([NAME], [f"{NAME}:{port}"])


def test_a_private_address_behind_a_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink(tmp_path, NAME) as (port, hosts, trusted):
        trust(monkeypatch, trusted)
        names(monkeypatch, "127.0.0.1")
        with pytest.raises(InvalidInput) as refusal:
            send(port, allow_private=False)
    assert refusal.value.code == "webhook-address-private"
    assert hosts == []


def test_another_names_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink(tmp_path, "other.example") as (port, hosts, trusted):
        trust(monkeypatch, trusted)
        names(monkeypatch, "127.0.0.1")
        with pytest.raises(httpx.ConnectError):
            send(port)
    assert hosts == []


def test_a_redirect_is_an_answer_and_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink(tmp_path, NAME, 307) as (port, hosts, trusted):
        trust(monkeypatch, trusted)
        names(monkeypatch, "127.0.0.1")
        assert send(port) == 307
    assert len(hosts) == 1


def trust(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    real = httpx.Client

    def client(**options: Any) -> httpx.Client:
        return real(verify=ssl.create_default_context(cafile=str(certificate)), **options)

    monkeypatch.setattr(webhook.httpx, "Client", client)
