"""The agreement that these tests start from and bend: that of docs/agreements.md, with comments off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.text.parsing import parse_agreement

SAMPLE = """\
agreement: eu-uk
version: 3
title: Memorandum of understanding
parties:
  - {agency: ico-uk, jurisdiction: GB, may: [push, pull]}
  - {agency: cnil-fr, jurisdiction: FR}
in_force: {from: 2026-01-01, until: 2027-12-31}
legal_basis: ["UK GDPR Art. 50"]
purposes: [investigation, enforcement]
roles:
  investigator: {may: [pull], views: [standard]}
  counsel: {may: [pull], views: [standard, ring], needs: [order]}
  submitter: {may: [push]}
  reviewer: {may: [review]}
  officer: {may: [audit, hold]}
evidence:
  incident-report: {media: [application/pdf, text/plain, docx, eml], max_size: 50 MB}
  model-artifact: {media: [application/octet-stream], max_size: 20 GB, opaque: allowed}
  special-category-data: forbidden
retention:
  incident-report: {keep: P180D, counted_from: release, after_last_pull: P30D}
  default: {keep: P90D, counted_from: release}
views:
  standard:
    personal_data: {default: remove, PERSON: pseudonymise, DATE: keep}
    trade_secrets: {default: remove}
  ring:
    personal_data: {default: remove}
    trade_secrets: {default: keep}
review: {when: [confidence-below-0.80, view-ring], approvals: 1, not_by: submitter}
encryption: {recipients: post-quantum}
deadlines: {emergency: PT8H, ordinary: P10D}
safeguards: {two_persons: [activate, unseal, lift-hold, export-log]}
"""


def bend(*changes: tuple[str, str]) -> bytes:
    """The sample with texts replaced; each must occur, or the test would test nothing."""
    text = SAMPLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


@pytest.fixture(scope="session")
def sample() -> bytes:
    return SAMPLE.encode()


@pytest.fixture(scope="session")
def bent() -> Callable[..., bytes]:
    return bend


@pytest.fixture(scope="session")
def errors_of() -> Callable[[bytes], list[tuple[str, int]]]:
    """(code, line) of every error of a file, without the prefix; empty if it parses."""

    def errors(untrusted: bytes) -> list[tuple[str, int]]:
        try:
            parse_agreement(untrusted)
        except AgreementInvalid as error:
            return [(finding.code.removeprefix("agreement-"), finding.line) for finding in error.findings]
        return []

    return errors
