"""From YAML text to a checked agreement: strict reading, section by section."""
