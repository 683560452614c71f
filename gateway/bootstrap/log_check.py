"""The check of this gateway's database and log store, wired (``log check-database``)."""

from __future__ import annotations

from functools import partial

from gateway.bootstrap.gateway import Gateway
from gateway.bootstrap.witnesses import witness_policy
from gateway.storage.log.check import database


def check_database(gateway: Gateway) -> database.LogCheck:
    """As :func:`gateway.storage.log.check.database.check_database`, which says what is raised."""
    return database.check_database(
        database.Checked(
            gateway.database,
            partial(gateway.database.row_check, gateway.keyring),
            gateway.log_store,
            gateway.log_key,
            witness_policy(gateway.settings).witnesses,
            gateway.clock,
        )
    )
