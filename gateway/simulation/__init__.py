"""Dry runs of an agreement over files: what each reader would receive, and what a draft would have changed."""
