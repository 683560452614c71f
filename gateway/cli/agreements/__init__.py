"""``evidence-gateway agreements``: lint, diff, show, simulate, govern."""
