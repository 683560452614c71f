"""One attempt to deliver a webhook (Standard Webhooks 1.0), which cannot be turned against our own network.

Headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature: v1,<base64 HMAC-SHA256>`` over
``id.timestamp.body``. Only https; the name is resolved here, every address it has must be public, and
the connection goes to the address that was checked, with the name in SNI and Host: a name that resolves
to something else a moment later changes nothing. No redirects, no proxies, and the answer is not read.
An operator can allow private addresses and http for one webhook, for a sink in the own network.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from gateway.errors import InvalidInput

_SECONDS = 10.0
# Public by their own number, but they carry a private IPv4 address inside: NAT64 and 6to4.
_CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")


def check_url(url: str, *, allow_private: bool) -> tuple[str, str, int]:
    """Scheme, host and port of an address that a webhook may have.

    Raises:
        InvalidInput: ``webhook-url-invalid``.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    allowed = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in allowed or not host or parts.username or parts.fragment or not url.isprintable():
        raise InvalidInput(
            "webhook-url-invalid",
            "A webhook cannot be sent to this address.",
            remedy="Give an https URL without user name and fragment.",
        )
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def is_public(address: str) -> bool:
    """Whether it is an address of the public internet, and of nothing inside one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _CARRIERS):
            return False
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """An address of the host, after all of them were checked.

    Raises:
        InvalidInput: ``webhook-address-private``. OSError: it cannot be resolved.
    """
    found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not (allow_private or all(is_public(address) for address in found)):
        raise InvalidInput(
            "webhook-address-private",
            "The address of a webhook is not one of the public internet.",
            remedy="Give a public one, or add the webhook with --allow-private.",
        )
    return found[0]


def deliver(url: str, secret: bytes, message_id: str, timestamp: int, body: bytes, *, allow_private: bool) -> int:
    """Send it once; the HTTP status.

    Raises:
        InvalidInput: ``webhook-url-invalid``, ``webhook-address-private``. OSError, httpx.HTTPError: no answer.
    """
    _, host, port = check_url(url, allow_private=allow_private)
    address = resolve(host, port, allow_private=allow_private)
    target = httpx.URL(url)
    headers = {
        "host": target.netloc.decode("ascii"),
        "content-type": "application/json",
        "user-agent": "evidence-gateway-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    with (
        httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST", target.copy_with(host=address), content=body, headers=headers, extensions={"sni_hostname": host}
        ) as answer,
    ):
        return answer.status_code
