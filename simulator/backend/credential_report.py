"""The credential report's rows for users: what each has, and when it was used.

Source: IAM User Guide, "Generate credential reports for your AWS account", report format.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from simulator.backend.held import held

COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used",
    "password_last_changed", "password_next_rotation", "mfa_active",
    "access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
    "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service",
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip
NO_KEY = ("false", "N/A", "N/A", "N/A", "N/A")
NO_CERTIFICATES = ("false", "N/A", "false", "N/A")


def report_is_there(account: str) -> bool:
    """Whether `GenerateCredentialReport` was called."""
    iam = held("iam", account)
    return bool(iam is not None and iam.credential_report)


def user_rows(account: str) -> Iterator[tuple[str, ...]]:
    """One row a user, in the order of `COLUMNS`."""
    iam = held("iam", account)
    for user in iam.users.values() if iam is not None else ():
        keys = [_key(key) for key in user.access_keys[:2]]
        first, second = [*keys, NO_KEY, NO_KEY][:2]
        yield (
            user.name,
            user.arn,
            moment(user.create_date),
            *_password(user),
            "true" if user.mfa_devices else "false",
            *first,
            *second,
            *NO_CERTIFICATES,
        )


def account_since(account: str) -> datetime | None:
    """When the account's first user was made: moto keeps no date of the account itself."""
    iam = held("iam", account)
    return min((user.create_date for user in iam.users.values()), default=None) if iam else None


def moment(at: datetime) -> str:
    """A date and time as the report writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}+00:00"


def _password(user: Any) -> tuple[str, str, str, str]:
    """Whether there is a password; last used, last changed, to be changed."""
    if not user.password:
        return "false", "N/A", "N/A", "N/A"
    used = user.password_last_used
    return "true", moment(used) if used else "no_information", moment(user.create_date), "N/A"


def _key(key: Any) -> tuple[str, ...]:
    used = key.last_used
    last = (moment(used.timestamp), used.region, used.service) if used else ("N/A",) * 3
    return ("true" if key.status == "Active" else "false", moment(key.create_date), *last)
