"""Evidence gateway: agencies hand each other evidence of AI harms under agreements that are enforced."""

__version__ = "0.1.0"
