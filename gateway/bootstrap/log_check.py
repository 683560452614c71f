"""The check of this gateway's database and log store, wired (``log check-database``)."""

from __future__ import annotations

from functools import partial

from gateway.bootstrap.gateway import Gateway
from gateway.bootstrap.witnesses import witness_policy
from gateway.storage.log.audit import check


def check_database(gateway: Gateway) -> check.LogCheck:
    """As :func:`gateway.storage.log.audit.check.check_database`, which says what is raised."""
    return check.check_database(
        check.Checked(
            gateway.database,
            partial(gateway.database.row_check, gateway.keyring),
            gateway.log_store,
            gateway.log_key,
            witness_policy(gateway.settings).witnesses,
            gateway.clock,
        )
    )
