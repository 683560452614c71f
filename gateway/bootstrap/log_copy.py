"""A copy of the gateway's published log, for whoever checks it elsewhere."""

from __future__ import annotations

from pathlib import Path

from gateway.blobs.log_export import export_log
from gateway.bootstrap.gateway import Gateway
from gateway.bootstrap.witnesses import witness_policy
from gateway.translog.checkpoint import Checkpoint


def copy_log(gateway: Gateway, folder: Path) -> Checkpoint:
    """Copy it into a folder; the checkpoint that was copied. Who may have it is asked before.

    Raises:
        As :func:`export_log` and :func:`witness_policy`.
    """
    return export_log(gateway.log_store, gateway.log_key, folder, witness_policy(gateway.settings))
