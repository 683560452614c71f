"""The way of a package, one module a step: receive, authorize, examine, redact, review, seal, release, deliver.

Beside the steps: custody (what becomes of evidence that is held: holds, deadlines, disposal), parties (agencies
and their agreements), log (the log as officers ask it) and ports (what all of them need from the world). Steps
never call each other and know no I/O.
"""
