"""Detectors: rules, Presidio and language models behind one port; see ensemble.py."""
