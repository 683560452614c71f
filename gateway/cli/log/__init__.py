"""``evidence-gateway log`` and ``audit``: verify, prove, search, export, erase."""
