"""Rules for commercial and technical secrets and for credentials."""
