"""The gateway: what a request goes through, from bytes to answer; see docs/architecture.md."""
