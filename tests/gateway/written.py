"""Requests written by hand, as no client of ours would write them."""

from __future__ import annotations

import datetime

from simulator.gateway.stages import WireRequest


def http(
    method: str = "POST",
    target: str = "/",
    body: bytes = b"",
    host: str = "127.0.0.1:5000",
    **headers: str,
) -> WireRequest:
    now = datetime.datetime(2021, 8, 9, 6, tzinfo=datetime.UTC)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WireRequest(method, target, {"host": host, **named}, body, "127.0.0.1", now, now)


def signed_for(service: str, region: str = "us-east-1") -> str:
    scope = f"AKIAIOSFODNN7EXAMPLE/20210809/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


FORM = "application/x-www-form-urlencoded"
