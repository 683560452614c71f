"""Files that hold files: mail, mailboxes and archives."""
