"""``serve`` and ``worker``: the gateway as one process, or as several."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import typer

from gateway.cli.options import Home


def serve(
    home: Home = None,
    worker: Annotated[bool, typer.Option(help="Also run the background work in this process.")] = True,
) -> None:
    """Answer HTTP, and (unless --no-worker) examine, redact, seal and sequence in the same process."""
    from contextlib import ExitStack

    import uvicorn

    from gateway.api.app import create_app
    from gateway.api.logging import logging_config
    from gateway.bootstrap.gateway import open_gateway
    from gateway.settings import read_settings
    from gateway.workers.background import Background

    settings = read_settings(home=home)
    with ExitStack() as stack:
        gateway = stack.enter_context(open_gateway(settings))
        app = create_app(gateway)
        if worker:
            app.state.sequencer = stack.enter_context(Background(gateway))
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=logging_config(),
                # Requests are in the audit log, with who and what; a second log would hold addresses only.
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=20,
                limit_concurrency=512,
                ws="none",
            )
        )
        # uvicorn raises the signal again when it has finished, by default ending the process at once;
        # what stands below it must be closed in order first: workers, sequencer, database.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        server.run()


def worker(home: Home = None) -> None:
    """Run only the background work; any number of these may run beside `serve --no-worker`."""
    from gateway.bootstrap.gateway import open_gateway
    from gateway.settings import read_settings
    from gateway.workers.background import Background

    with open_gateway(read_settings(home=home)) as gateway, Background(gateway) as background:

        def end(number: int, frame: FrameType | None) -> None:
            background.request_stop()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        background.wait()
