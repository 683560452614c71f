"""Progress bars for push and pull, on standard error, so that standard output stays for answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.client.progress import silent

if TYPE_CHECKING:
    from gateway.client.progress import Progress


@contextmanager
def transfer_display(*, quiet: bool) -> Iterator[Progress]:
    """A progress that draws one bar for each phase of each file; silent if ``quiet`` or not a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield silent
        return
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    tasks: dict[tuple[str, str], TaskID] = {}
    with bars:

        def show(phase: str, name: str, done_bytes: int, total_bytes: int) -> None:
            # Names come from outside: what looks like markup is shown as it stands.
            key = (phase, name)
            if key not in tasks:
                tasks[key] = bars.add_task(f"{phase} {escape(name[:60])}", total=total_bytes)
            bars.update(tasks[key], completed=done_bytes)

        yield show
