"""Requests to evaluate: thousands, no two alike, the same every time."""

from __future__ import annotations

import random
from typing import Any

_ACCOUNTS = ("111122223333", "444455556666")
_ACTIONS = {
    "s3:GetObject": "arn:aws:s3:::data-{n}/team/blue/{n}.csv",
    "s3:PutObject": "arn:aws:s3:::data-{n}/team/red/{n}.csv",
    "s3:ListBucket": "arn:aws:s3:::data-{n}",
    "dynamodb:GetItem": "arn:aws:dynamodb:us-east-1:111122223333:table/orders-{n}",
    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:us-east-1:111122223333:secret:s-{n}",
    "lambda:InvokeFunction": "arn:aws:lambda:us-east-1:111122223333:function:billing-{n}",
    "ec2:TerminateInstances": "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789ab{n:05}",
}
_CONDITIONS: tuple[dict[str, dict[str, Any]], ...] = (
    {"DateLessThan": {"aws:TokenIssueTime": "2021-08-09T06:22:23.345Z"}},
    {"StringEquals": {"aws:PrincipalAccount": ["111122223333", "999999999999"]}},
    {"StringLike": {"aws:userid": "AROAEXAMPLE*:alice"}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/App*"}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}, "Null": {"aws:TagKeys": "true"}},
)


def requests(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """So many requests, as `stslab evaluate` reads them."""
    chance = random.Random(seed)
    return [_request(number, chance) for number in range(count)]


def _request(number: int, chance: random.Random) -> dict[str, Any]:
    action, resource = chance.choice(list(_ACTIONS.items()))
    line: dict[str, Any] = {
        "id": str(number),
        "principal": f"arn:aws:sts::111122223333:assumed-role/App/user-{number}",
        "action": action,
        "resource": resource.format(n=number),
        "resource_account": "111122223333",
        "context": {
            "aws:CurrentTime": "2021-08-09T06:30:00Z",
            "aws:SourceIp": f"203.0.113.{number % 250}",
            "aws:SecureTransport": chance.choice(["true", "false"]),
            "aws:PrincipalArn": "arn:aws:iam::111122223333:role/App",
            "aws:PrincipalAccount": "111122223333",
            "aws:userid": f"AROAEXAMPLE000000001:user-{number}",
            "aws:TokenIssueTime": f"2021-08-09T06:{chance.randrange(60):02}:00Z",
        },
        "identity_policies": [
            _document(number, chance, chance.randrange(1, 5)) for _ in range(chance.randrange(1, 4))
        ],
    }
    if chance.random() < 0.3:
        line["permissions_boundary"] = _document(number, chance, 3)
    return line


def _document(number: int, chance: random.Random, statements: int) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(number, chance) for _ in range(statements)],
    }


def _statement(number: int, chance: random.Random) -> dict[str, Any]:
    action, resource = chance.choice(list(_ACTIONS.items()))
    statement: dict[str, Any] = {
        "Effect": chance.choice(["Allow", "Allow", "Allow", "Deny"]),
        "Action": chance.choice([action, [action, "s3:List*"], f"{action.split(':')[0]}:*", "*"]),
        "Resource": chance.choice(
            [resource.format(n=number), "*", resource.format(n=number) + "*"]
        ),
    }
    if chance.random() < 0.5:
        statement["Condition"] = chance.choice(_CONDITIONS)
    return statement
