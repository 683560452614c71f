"""Rules for what is told by its form: identifiers, accounts, devices, dates, quantities."""
