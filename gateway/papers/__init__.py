"""Printed documents: certificates and audit reports as signed PDF."""
