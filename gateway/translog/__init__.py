"""The audit log as data: entries, RFC 6962 tree, tiles, signed notes, checkpoints, verification."""
