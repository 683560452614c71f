"""Rows of single requests: queue, replays, stored answers."""
