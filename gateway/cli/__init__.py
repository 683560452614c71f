"""The commands: thin, each importing what it needs when it runs; the root of them is gateway/main/command.py."""
