"""Deployed for real, on an emulator: what ``make deploy-check`` runs, and the tests around it."""
