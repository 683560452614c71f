"""Rules for addresses, places and coordinates."""
