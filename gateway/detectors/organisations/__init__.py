"""Rules for organisations: private ones are found, public bodies told apart."""
