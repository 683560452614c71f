"""Formats of exhibits: bytes to canonical text and back, one module a format; at the root what all of them share."""
