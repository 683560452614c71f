"""How a text is cut into passages and read, and in which language."""
