"""The workbench with the limits of the settings: what opens evidence, in child processes."""

from __future__ import annotations

from gateway.settings import Settings
from gateway.workbench.parent import SandboxedWorkbench


def open_workbench(settings: Settings, workers: int | None = None) -> SandboxedWorkbench:
    """A workbench; close it, for its child processes live until then.

    Args:
        workers: How many of them [as the settings say].
    """
    return SandboxedWorkbench(
        workers=workers or settings.sandbox_workers,
        memory_bytes=settings.sandbox_memory_bytes,
        seconds=settings.sandbox_seconds,
        max_bytes=settings.max_redactable_bytes,
        max_scans=settings.max_scanned_pages,
        window_from_bytes=settings.window_from_bytes,
        max_windowed_bytes=settings.max_windowed_bytes,
    )
