"""The way of a package, one module a step: receive, authorize, examine, redact, review, seal,
release, deliver, dispose. Steps never call each other and know no I/O; they speak to ports.py."""
