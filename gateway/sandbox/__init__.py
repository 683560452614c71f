"""The confined child process: pool and process in the parent, child, frames and filters."""
