"""Agencies and their agreements: onboarding, governing, signatures, registered secrets."""
