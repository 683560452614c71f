"""The gateway's own keys: the passphrase-wrapped key file, and what is done with the keys in it."""
