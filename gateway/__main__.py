"""``python -m gateway`` is the ``evidence-gateway`` command."""

from gateway.cli.main import main

main()
