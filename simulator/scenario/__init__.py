"""Scenarios: their schema, and how they are loaded, played, run, checked and remembered."""
