"""What the steps need from the world, as Protocols, one file a subject."""
