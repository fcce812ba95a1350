"""Issuing temporary credentials, and the ledger of those issued."""
