"""A witness: an agency's own small service that cosigns the logs of others and remembers what it saw."""
