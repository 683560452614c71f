"""Rows of cases, packages, renditions, releases and their keys."""
