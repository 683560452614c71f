"""Where files that belong to the package lie: beside it in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

import gateway
from gateway.errors import Misconfigured


def resource(name: str) -> Path:
    """The folder ``policies`` or ``migrations``.

    Raises:
        Misconfigured: ``installation-incomplete``.
    """
    package = Path(gateway.__file__).parent
    for folder in (package / "_resources" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise Misconfigured(
        "installation-incomplete", f"The folder '{name}' is not installed.", remedy="Install the package again."
    )
