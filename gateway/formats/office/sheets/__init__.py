"""XLSX and ODS."""
