"""``log check-database``: rows, values and counts held against the published log."""
