"""How the tagger was trained, and how well it does on texts it has not seen (docs/model-card.md)."""

import os

# Read by numpy when it is first imported, so it is set here.
os.environ.setdefault("OMP_NUM_THREADS", "1")
