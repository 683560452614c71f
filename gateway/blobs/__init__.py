"""Encrypted bodies and the published log, in a folder or an S3-compatible store. Adapters of the ports."""
