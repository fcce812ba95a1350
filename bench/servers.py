"""The two servers that are compared, each in a process of its own, with the same world."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

READ = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:*", "dynamodb:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
    ],
}


@dataclass(frozen=True)
class Endpoint:
    """A server to measure.

    Attributes:
        url: where it is.
        admin: keys that may do everything (moto asks nobody for any).
        process: the server's process.
    """

    url: str
    admin: Mapping[str, str | None]
    process: subprocess.Popen[str]

    def client(self, service: str, keys: Mapping[str, str | None] | None = None) -> Any:
        """A boto3 client, made the same way for both servers."""
        session: Any = boto3.session.Session()
        return session.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            **(keys or self.admin),
        )

    def memory(self) -> float:
        """MiB resident in the server's process."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            found = re.search(r"VmRSS:\s+(\d+)", status.read_text())
            assert found is not None
            return int(found[1]) / 1024
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(listed.stdout) / 1024


@contextmanager
def stslab() -> Iterator[Endpoint]:
    """`stslab serve`, as anyone starts it."""
    command = [sys.executable, "-m", "tui", "serve", "--port", "0", "--format", "json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield Endpoint(ready["endpoint_url"], ready["credentials"]["admin"], process)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def bare_moto() -> Iterator[Endpoint]:
    """`moto_server`, as anyone starts it: nothing enforced, nothing recorded."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"MOTO_CALL_RESET_API": "false"},
    )
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "none"}
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except ConnectionRefusedError:
                continue
        yield Endpoint(f"http://127.0.0.1:{port}", keys, process)
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Town:
    """The same small world in either server.

    Attributes:
        role: ARN of a role.
        session: keys of a session of that role.
        nobody: keys of a user without any permission.
    """

    role: str
    session: Mapping[str, str | None]
    nobody: Mapping[str, str | None]


def build(endpoint: Endpoint) -> Town:
    """A role that may read, a session of it, a user who may nothing, a bucket, two tables."""
    iam, s3, dynamodb = (endpoint.client(name) for name in ("iam", "s3", "dynamodb"))
    account = endpoint.client("sts").get_caller_identity()["Account"]
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    role = iam.create_role(RoleName="App", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName="App", PolicyName="read", PolicyDocument=json.dumps(READ))
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    s3.create_bucket(Bucket="reports")
    for number in range(10):
        s3.put_object(Bucket="reports", Key=f"2021/07/{number}.csv", Body=b"1,2,3")
    for name in ("orders", "customers"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    assumed = endpoint.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="bench")
    return Town(role["Arn"], _keys(assumed["Credentials"]), _keys(key))


def _keys(credentials: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials.get("SessionToken"),
    }
