"""The command: the one place above the faces, because ``serve`` runs several of them in one process."""
