"""Data-sharing agreements: the model, strict parsing, signing, linting and retention dates."""
