"""The log in the database: appended, placed, searched, and its values erased."""
