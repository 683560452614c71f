"""The only place where adapters are built and wired to the steps."""
