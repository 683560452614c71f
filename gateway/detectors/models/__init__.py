"""Models trained on texts: spaCy, the tagger, Presidio's analyzer; their weights."""
