"""The log as officers ask it: searches, alerts, what held at a time."""
