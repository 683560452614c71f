"""Office documents, OOXML and OpenDocument: what word, sheets and slides share."""
