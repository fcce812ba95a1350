"""`iam:GetCredentialReport`: root's row, which moto leaves out, and the users'.

Source: IAM API Reference, GetCredentialReport; IAM User Guide, "Generate credential reports for
your AWS account".
"""

from __future__ import annotations

import base64

from simulator.backend.credential_report import (
    COLUMNS,
    NO_CERTIFICATES,
    NO_KEY,
    account_since,
    moment,
    report_is_there,
    user_rows,
)
from simulator.gateway.stages import AwsError, Call, WireResponse
from simulator.gateway.world import World
from simulator.sts.responses import IAM_NAMESPACE, answer


def get_credential_report(call: Call, world: World) -> WireResponse:
    """The report as it would be made now.

    Raises:
        AwsError: 410 `ReportNotPresent`: none was generated.
    """
    account = call.caller.account or world.account
    if not report_is_there(account):
        raise AwsError("ReportNotPresent", "Credential report not present", 410)
    rows = [COLUMNS, _root(account, world), *user_rows(account)]
    text = "\n".join(",".join(row) for row in rows)
    return answer(
        "GetCredentialReport",
        {
            "Content": base64.b64encode(text.encode()).decode(),
            "ReportFormat": "text/csv",
            "GeneratedTime": call.wire.at,
        },
        IAM_NAMESPACE,
    )


def _root(account: str, world: World) -> tuple[str, ...]:
    keys = [_ROOT_KEY for _ in world.ledger.root_keys(account)]
    first, second = [*keys, NO_KEY, NO_KEY][:2]
    return (
        "<root_account>",
        f"arn:aws:iam::{account}:root",
        moment(account_since(account) or world.clock.now()),
        "not_supported",
        "no_information",
        "not_supported",
        "not_supported",
        "false",
        *first,
        *second,
        *NO_CERTIFICATES,
    )


_ROOT_KEY = ("true", "N/A", "N/A", "N/A", "N/A")
