"""How a request is limited, authenticated and read, and answered twice alike."""
