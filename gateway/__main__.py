"""``python -m gateway`` is the ``evidence-gateway`` command."""

from gateway.main.command import main

main()
