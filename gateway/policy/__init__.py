"""The decision: request + agreement + state -> Permit or Deny, with clause, reasons, obligations."""
