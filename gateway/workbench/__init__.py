"""Opening, redacting and proving an exhibit: parent, wire, child, and both ways of doing it."""
