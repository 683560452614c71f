"""Custody of what is held: holds, deadlines, disposal, erasure, certificates, attestations."""
