"""What time brings about, and what was left undone: run about once a minute by one of all workers.

Each part is a transaction of its own, or several, and harmless to repeat; one that fails is tried again
next time, and stops no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from gateway.bootstrap.gateway import Gateway
from gateway.errors import GatewayError
from gateway.evidence.lifecycle import NEXT_STEP, PackageState
from gateway.exchange import quarantine
from gateway.exchange.custody import attest, deadlines, dispose, hold, shorten_retention
from gateway.exchange.log import unknown_clients
from gateway.exchange.parties import govern
from gateway.exchange.ports.database import Transaction

#: First answers under an Idempotency-Key are repeated for so long.
_KEEP_ANSWERS = timedelta(days=7)
#: Longer than any upload may take: its package is abandoned by then.
_GIVE_UP_BLOBS = timedelta(days=1)
#: So much later than now, a job that is enqueued leaves one alone that is being tried again with its own pauses.
_LEAVE_TO_ITS_JOB = timedelta(minutes=5)
#: A package that has not moved for so long may have lost its job.
_STANDS_STILL = timedelta(minutes=10)
_PAGE = 100

#: A step, or None where nothing is to be done yet, and the package it is for.
Work = tuple[str | None, str]

_log = logging.getLogger(__name__)


def housekeeping(gateway: Gateway) -> None:
    """What time brings about: missed deadlines, agreements and holds that end, disposal, what is forgotten.

    Each part is a transaction of its own and harmless to repeat; one that fails is tried again next time.
    """
    failed: Exception | None = None
    for part in _HOUSEKEEPING:
        try:
            part(gateway)
        except Exception as error:
            # The others still run: one case that cannot be handled may not keep all evidence for ever.
            _log.exception("a part of the housekeeping failed: %s", getattr(part, "__name__", part))
            failed = failed or error
    if failed is not None:
        raise failed


def _in_turn(gateway: Gateway) -> None:
    """What is done in pages, until nothing is left; each step by itself, the later ones also if one fails."""
    failed: Exception | None = None
    # Before disposal, for what is disposed of can't be late any more.
    for step in (
        deadlines.breach_overdue,
        deadlines.warn_due,
        govern.end_outdated,
        shorten_retention.follow_newer,
        hold.expire,
        dispose.dispose_due,
        attest.mark_overdue,
    ):
        try:
            while True:
                with gateway.database.transaction() as tx:
                    if step(tx, gateway.clock()) == 0:
                        break
        except Exception as error:
            _log.exception("a part of the housekeeping failed: %s", step.__name__)
            failed = failed or error
    if failed is not None:
        raise failed


def _abandon(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        dispose.abandon_stale(tx, gateway.clock())


def _dispose_what_is_over(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        for package_id in dispose.quarantine_over(tx, gateway.clock()):
            tx.queue.enqueue("dispose", package_id)


def _finish_what_is_left(gateway: Gateway) -> None:
    """Have done what a job has left that was given up, in a long outage: it does not come back by itself."""

    def unforgotten(tx: Transaction, after: str) -> Sequence[Work]:
        return [("erase", found) for found in tx.erasures.unforgotten(gateway.clock(), after=after, limit=_PAGE)]

    def uncertified(tx: Transaction, after: str) -> Sequence[Work]:
        return [("certify", found) for found in tx.certificates.pending(after=after, limit=_PAGE)]

    def standing_still(tx: Transaction, after: str) -> Sequence[Work]:
        before = gateway.clock() - _STANDS_STILL
        page = tx.packages.in_states(tuple(NEXT_STEP), after=after, limit=_PAGE)
        return [(NEXT_STEP[found.state] if found.changed_at < before else None, found.id) for found in page]

    for page_after in (unforgotten, uncertified, standing_still):
        _enqueue_all(gateway, page_after)


def _enqueue_all(gateway: Gateway, page_after: Callable[[Transaction, str], Sequence[Work]]) -> None:
    """Enqueue all that is found, page by page: what fails again and again must not stand in the way of the rest."""
    after = ""
    while True:
        with gateway.database.transaction() as tx:
            page = page_after(tx, after)
            for step, package_id in page:
                if step is not None:
                    tx.queue.enqueue(step, package_id, delay=_LEAVE_TO_ITS_JOB)
        if len(page) < _PAGE:
            return
        after = page[-1][1]


def _forget_tokens(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        # Not to the second: a token is accepted a little beyond its end, for clocks that differ.
        tx.replays.forget(gateway.clock() - timedelta(hours=1))
        tx.idempotency.forget(gateway.clock() - _KEEP_ANSWERS)


def _tell_of_strangers(gateway: Gateway) -> None:
    with gateway.database.transaction() as tx:
        unknown_clients.tell(tx, gateway.clock())


def _erase_unfinished(gateway: Gateway) -> None:
    """Bodies that never became evidence, for their upload or step was cut off; and what is disposed of."""
    gateway.blobs.clean()
    while True:
        now = gateway.clock()
        with gateway.database.transaction() as tx:
            names = tx.unfinished.give_up(now - _GIVE_UP_BLOBS, now, _PAGE)
        # Given up in a transaction of its own first: from then on no row can come to name them.
        kept: dict[str, Exception] = {}
        for name in names:
            try:
                gateway.blobs.delete(name)
            except GatewayError as error:
                kept[name] = error
        with gateway.database.transaction() as tx:
            tx.unfinished.forget([name for name in names if name not in kept])
            # One that can't be erased goes to the end of the row, and keeps no other.
            tx.unfinished.postpone(list(kept), now)
        if kept:
            raise next(iter(kept.values()))
        if len(names) < _PAGE:
            return


def _stop_what_waits(gateway: Gateway) -> None:
    """Stop what is under way and may not go on: its retention is over, or its agreement permits nothing any more."""
    after = ""
    while True:
        with gateway.database.transaction() as tx:
            page = tx.packages.in_states(quarantine.UNFINISHED, after=after, limit=100)
            for package in page:
                over = quarantine.stop_if_over(tx, package.id, gateway.clock())
                # No job looks at what waits for a person; the others are stopped by their own step.
                if not over and package.state is PackageState.IN_REVIEW:
                    quarantine.stop_if_barred(tx, package.id, gateway.clock())
        if len(page) < 100:
            return
        after = page[-1].id


_HOUSEKEEPING = (
    _in_turn,
    _abandon,
    _stop_what_waits,
    _dispose_what_is_over,
    _forget_tokens,
    _tell_of_strangers,
    _erase_unfinished,
    _finish_what_is_left,
)
