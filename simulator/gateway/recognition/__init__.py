"""Recognising a request by botocore's service models: service, operation, parameters."""
