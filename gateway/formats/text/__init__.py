"""Plain text, CSV, JSON, HTML and XML: what is read and written as characters, whole or window by window."""
