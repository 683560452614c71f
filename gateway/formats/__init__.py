"""Formats of exhibits: bytes to canonical text and back, one module a format; and the sandboxed child they run in."""
