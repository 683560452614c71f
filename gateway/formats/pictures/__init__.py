"""Pictures and scanned pages: text recognition and drawing."""
