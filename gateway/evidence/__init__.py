"""What is exchanged: packages, exhibits, manifests, their lifecycle and the vocabulary for them."""
