"""Rows of agencies, principals, keys, agreements and registered secrets."""
