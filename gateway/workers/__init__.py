"""Background work: the durable steps, the sequencer of the log, witnesses, alerts, housekeeping."""
