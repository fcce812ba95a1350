"""What an instance's metadata tree holds.

Source: EC2 User Guide, "Instance metadata categories", "Instance identity documents".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator.backend.machines import InstanceView
from simulator.clock import iso
from simulator.sts.ledger import Credential

Tree = Mapping[str, "str | Tree"]
"""Directories by name, leaves as text."""


def tree_of(view: InstanceView) -> dict[str, Any]:
    """Everything but credentials, which are issued when they are asked for."""
    return {
        "dynamic": {"instance-identity": {"document": identity_document(view)}},
        "meta-data": _meta_data(view),
        **({"user-data": _user_data(view)} if view.user_data else {}),
    }


def identity_document(view: InstanceView) -> str:
    """The instance identity document (unsigned: the lab has no AWS to sign it)."""
    document = {
        "accountId": view.account,
        "architecture": "x86_64",
        "availabilityZone": view.availability_zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": view.image_id,
        "instanceId": view.instance_id,
        "instanceType": view.instance_type,
        "kernelId": None,
        "pendingTime": iso(view.launched_at),
        "privateIp": view.private_ip,
        "ramdiskId": None,
        "region": view.region,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)


def profile_info(view: InstanceView, updated: datetime) -> str:
    """``iam/info``: the instance profile."""
    content = {
        "Code": "Success",
        "LastUpdated": iso(updated),
        "InstanceProfileArn": view.profile_arn,
        "InstanceProfileId": view.profile_id,
    }
    return json.dumps(content, indent=2)


def security_credentials(credential: Credential) -> str:
    """``iam/security-credentials/<role>``: the three values and their end."""
    assert credential.issued_at is not None
    assert credential.expires_at is not None
    content = {
        "Code": "Success",
        "LastUpdated": iso(credential.issued_at),
        "Type": "AWS-HMAC",
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "Token": credential.session_token,
        "Expiration": iso(credential.expires_at),
    }
    return json.dumps(content, indent=2)


def no_credentials(code: str, message: str, now: datetime) -> str:
    """What stands there when EC2 cannot get any."""
    return json.dumps({"Code": code, "Message": message, "LastUpdated": iso(now)}, indent=2)


def listing(directory: Tree) -> str:
    """A directory as IMDS lists it: one name a line, directories with a slash."""
    return "\n".join(
        name if isinstance(item, str) else f"{name}/" for name, item in sorted(directory.items())
    )


def _meta_data(view: InstanceView) -> dict[str, Any]:
    interface = {
        "device-number": "0",
        "local-hostname": view.private_dns,
        "local-ipv4s": view.private_ip,
        "mac": view.mac,
        "owner-id": view.account,
        "security-groups": "\n".join(view.security_groups),
    }
    tree: dict[str, Any] = {
        "ami-id": view.image_id,
        "ami-launch-index": "0",
        "hostname": view.private_dns,
        "instance-action": "none",
        "instance-id": view.instance_id,
        "instance-life-cycle": "on-demand",
        "instance-type": view.instance_type,
        "local-hostname": view.private_dns,
        "local-ipv4": view.private_ip,
        "mac": view.mac,
        "network": {"interfaces": {"macs": {view.mac: interface}}},
        "placement": {
            "availability-zone": view.availability_zone,
            "region": view.region,
        },
        "security-groups": "\n".join(view.security_groups),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    if view.public_ip:
        tree["public-ipv4"] = view.public_ip
    if view.tags_in_metadata:
        tree["tags"] = {"instance": dict(view.tags)}
    return tree


def _user_data(view: InstanceView) -> str:
    try:
        return base64.b64decode(view.user_data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return view.user_data
