"""Decisions a second under an agreement with 200 rules, on one core.

Run: ``python benchmarks/bench_policy.py``. The agreement has 20 parties, 40 roles, 40 evidence types,
40 retention rules, 40 views and 20 purposes; requests are pushes and pulls, permitted and denied in
turn. Also prints what the first decision costs, which prepares the agreement, and how long parsing takes.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.evidence.media import CSV, PDF
from gateway.evidence.package import Principal
from gateway.policy.decide import decide
from gateway.policy.decision import Request

COUNTRIES = ["FR", "GB", "DE", "NO", "SG"]
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECONDS = 2.0


def document() -> dict[str, Any]:
    """An agreement of 200 rules."""
    roles: dict[str, Any] = {
        f"role-{i}": {"may": ["push", "pull"], "views": [f"view-{i}"], "needs": [f"order-{i}"]} for i in range(40)
    }
    return {
        "agreement": "large",
        "version": 1,
        "title": "Two hundred rules",
        "parties": [{"agency": f"agency-{i}", "jurisdiction": COUNTRIES[i % 5]} for i in range(20)],
        "in_force": {"from": "2026-01-01", "until": "2029-12-31"},
        "purposes": [f"purpose-{i}" for i in range(20)],
        "roles": roles,
        "evidence": {f"type-{i}": {"media": ["pdf", "txt", "docx"], "max_size": "50 MB"} for i in range(40)},
        "retention": {f"type-{i}": {"keep": "P90D", "counted_from": "release"} for i in range(40)},
        "views": {f"view-{i}": {"personal_data": {"default": "remove", "PERSON": "pseudonymise"}} for i in range(40)},
    }


def requests() -> list[Request]:
    """Pushes and pulls by people with one to three roles; half are denied, for various reasons."""
    asked: list[Request] = []
    for i in range(200):
        principal = Principal(
            f"p{i}",
            f"agency-{i % 22}",  # two of twenty-two are no party
            frozenset(f"role-{(i + k) % 41}" for k in range(1 + i % 3)),
            frozenset(f"order-{(i + k) % 41}" for k in range(1 + i % 3)),
        )
        exhibit: dict[str, Any] = {
            "purpose": f"purpose-{i % 20}",
            "evidence_type": f"type-{i % 41}",
            "media_type": CSV if i % 7 == 0 else PDF,
            "size_bytes": 10**6 if i % 11 else 10**9,
        }
        asked.append(Request("push", principal, NOW, **exhibit))
        asked.append(Request("pull", principal, NOW, view=f"view-{i % 41}", **exhibit))
    return asked


def measure(agreement: Agreement, asked: list[Request]) -> float:
    """Decisions a second."""
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SECONDS:
        for request in asked:
            decide(request, agreement, AgreementState.ACTIVE)
        done += len(asked)
    return done / elapsed


def main() -> None:
    source = json.dumps(document(), indent=1).encode()
    began = time.perf_counter()
    agreement = parse_agreement(source)
    parsing = time.perf_counter() - began
    asked = requests()
    began = time.perf_counter()
    decide(asked[0], agreement, AgreementState.ACTIVE)
    first = time.perf_counter() - began
    permitted = [r for r in asked if decide(r, agreement, AgreementState.ACTIVE).permitted]
    print(
        f"agreement of {len(source) / 1000:.0f} kB parsed in {parsing * 1000:.0f} ms;"
        f" first decision {first * 1e6:.0f} µs"
    )
    print(f"{len(asked)} questions, {len(permitted)} permitted")
    print(f"all questions:       {measure(agreement, asked):>9,.0f} decisions/s")
    print(f"only permitted ones: {measure(agreement, permitted):>9,.0f} decisions/s")


if __name__ == "__main__":
    main()
