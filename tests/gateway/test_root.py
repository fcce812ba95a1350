"""What the root user may though policies say otherwise, over real HTTP."""

from __future__ import annotations

from simulator import Lab
from simulator.actors import Keys
from simulator.sts.issuing import root_key
from tests.conftest import ACCOUNT, Town, done, policy


def test_root_alone_is_never_locked_out_of_its_buckets_policy(lab: Lab, town: Town) -> None:
    town.bucket("papers")
    everything = ["arn:aws:s3:::papers", "arn:aws:s3:::papers/*"]
    locked = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything}
    named = {"Bucket": "papers"}
    done(lab.admin.call("s3", "PutBucketPolicy", {**named, "Policy": policy(locked)}))
    key = root_key(lab.world, ACCOUNT)
    root = lab.actor("root", keys=Keys(key.access_key_id, key.secret_access_key))
    for operation in ("GetBucketPolicy", "DeleteBucketPolicy"):
        assert lab.admin.call("s3", operation, named).error_code == "AccessDenied"
    assert root.call("s3", "ListObjectsV2", named).error_code == "AccessDenied"
    assert root.call("s3", "GetBucketPolicy", named).ok
    done(root.call("s3", "DeleteBucketPolicy", named))
    assert lab.admin.call("s3", "ListObjectsV2", named).ok
