"""Which operations change nothing.

Saying "reads" of a call that writes would leave stale policies in a cache; saying "writes" of a
call that reads costs a little time. So a name must look like a reading one and not be excepted.
"""

from __future__ import annotations

import re

_READING = re.compile(
    r"^(?:(?:Batch)?(?:Get|Describe|Check)|List|Head|Query|Scan|Search|Select|Lookup|Simulate|"
    r"Decode|Validate|Filter|TransactGet|Preview|Estimate|Options)(?:[A-Z0-9]|$)"
)

_WRITES_ALL_THE_SAME = frozenset(
    {
        ("cloudcontrolapi", "GetResourceRequestStatus"),
        ("sts", "GetFederationToken"),
        ("sts", "GetSessionToken"),
        ("cognito-identity", "GetId"),
        ("cognito-identity", "GetOpenIdTokenForDeveloperIdentity"),
    }
)
"""Operations that hand out or make something under a reading name."""


def is_read_only(service: str, operation: str) -> bool:
    """Whether an operation, by its name, changes nothing."""
    if (service, operation) in _WRITES_ALL_THE_SAME:
        return False
    return _READING.match(operation) is not None
