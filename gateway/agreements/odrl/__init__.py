"""Agreements written as ODRL policies, and read back."""
