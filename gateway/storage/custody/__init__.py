"""Rows of holds, deadlines, duties, certificates and erasures."""
