"""How a long transfer tells whoever watches how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called often, from the thread that transfers; must return quickly and not raise."""

    def __call__(self, phase: str, name: str, done_bytes: int, total_bytes: int) -> None:
        """``phase`` is ``digest``, ``upload``, ``download`` or ``decrypt``; ``name`` the file."""
        ...


def silent(phase: str, name: str, done_bytes: int, total_bytes: int) -> None:
    """A progress that nobody watches."""
