"""Instances with a role, and their metadata asked as `curl` asks it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator import Lab
from simulator.actors import Actor, Keys
from tests.conftest import done
from tests.serving import PATIENCE_SECONDS

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
LIST = "s3:ListAllMyBuckets"
EC2 = {"Service": "ec2.amazonaws.com"}
LAMBDA = {"Service": "lambda.amazonaws.com"}


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def ask(url: str, method: str = "GET", **headers: str) -> Reply:
    """One HTTP request, as `curl` makes it; keyword names stand for header names."""
    names = {"ttl": TTL, "token": TOKEN, "forwarded": "X-Forwarded-For"}
    given = {names[name]: value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=given)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return Reply(answer.status, answer.read().decode(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read().decode(), dict(error.headers))


def session(lab: Lab, seconds: int = 21600) -> str:
    return ask(f"{lab.imds_url}/latest/api/token", "PUT", ttl=str(seconds)).text


def launch(admin: Actor, http_tokens: str = "optional", profile: str | None = "App") -> str:
    """Run an instance; returns its id."""
    given: dict[str, Any] = {
        "ImageId": "ami-12c6146b",
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceType": "t3.micro",
        "MetadataOptions": {"HttpTokens": http_tokens, "HttpEndpoint": "enabled"},
    }
    if profile:
        given["IamInstanceProfile"] = {"Name": profile}
    instance_id: str = done(admin.call("ec2", "RunInstances", given))["Instances"][0]["InstanceId"]
    return instance_id


def make_profile(admin: Actor, name: str) -> None:
    done(admin.call("iam", "CreateInstanceProfile", {"InstanceProfileName": name}))
    given = {"InstanceProfileName": name, "RoleName": name}
    done(admin.call("iam", "AddRoleToInstanceProfile", given))


def on(lab: Lab, keys: Keys) -> Actor:
    return lab.actor("app", keys=keys)


def fetched(lab: Lab, **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"{lab.imds_url}{CREDENTIALS}App", **headers).json
    return found
