"""When a browser upload's form stops working: its own end, its session's, a revocation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator import Lab
from tests.conftest import Town, done, policy, revoke
from tests.gateway.test_posted import VERSIONS, drop_box, post, sign, written


@pytest.mark.parametrize("version", VERSIONS)
def test_a_leaked_form_dies_with_the_revocation_of_its_session(
    lab: Lab, town: Town, version: str
) -> None:
    url, fields = sign(lab, drop_box(lab), version)
    assert post(url, written(fields))[0] == 204
    lab.clock.advance(timedelta(seconds=5))
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke("2021-08-09T06:00:05Z"))
    status, body, _ = post(url, written(fields))
    assert status == 403
    assert "not authorized to perform: s3:PutObject" in body
    assert "with an explicit deny in an identity-based policy" in body
    assert lab.trail.records()[-1].outcome == "denied"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_form_is_good_until_its_expiration_in_lab_time_or_its_sessions(
    lab: Lab, version: str
) -> None:
    session = drop_box(lab)
    url, fields = sign(lab, session, version)
    lab.clock.advance(timedelta(seconds=599))
    assert post(url, written(fields))[0] == 204
    lab.clock.advance(timedelta(seconds=1))
    status, body, _ = post(url, written(fields))
    assert (status, "Invalid according to Policy: Policy expired." in body) == (403, True)
    assert lab.trail.records()[-1].outcome == "refused"
    url, fields = sign(lab, session, version)
    lab.clock.advance(timedelta(hours=1))
    status, body, _ = post(url, written(fields))
    assert (status, "<Code>ExpiredToken</Code>" in body) == (400, True)


def test_an_unsigned_form_is_decided_by_the_buckets_policy(lab: Lab, town: Town) -> None:
    town.bucket("drop")
    url, form = f"{lab.endpoint_url}/drop", written({"key": "in/x"})
    assert post(url, form)[0] == 403
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject"}
    document = policy({**anybody, "Resource": "arn:aws:s3:::drop/in/*"})
    done(lab.admin.call("s3", "PutBucketPolicy", {"Bucket": "drop", "Policy": document}))
    assert post(url, form)[0] == 204
    assert post(url, written({"key": "out/x"}))[0] == 403
