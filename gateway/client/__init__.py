"""The client that agencies install: push, pull, verify, acknowledge.

Needs the base install only (httpx, cryptography, rfc8785) and nothing of the server.

    from gateway.client import Credentials, ExhibitFile, GatewayClient

    with GatewayClient(Credentials.load(Path("credentials.json"))) as client:
        pushed = client.push([ExhibitFile(Path("report.pdf"), "incident-report")],
                             agreement="eu-uk-ai-incidents", case="2026-0042", purpose="incident-investigation")
        for release in client.inbox():
            client.pull(release["id"], Path("evidence"))
"""

from gateway.client.client import GatewayClient
from gateway.client.credentials import Credentials
from gateway.client.progress import Progress
from gateway.client.pull import Pulled
from gateway.client.push import ExhibitFile, Pushed

__all__ = ["Credentials", "ExhibitFile", "GatewayClient", "Progress", "Pulled", "Pushed"]
