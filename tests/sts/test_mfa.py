"""Virtual MFA devices, and what their codes open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.sts import mfa
from simulator.sts.issuing import root_key
from tests.conftest import ACCOUNT, Town, allow, done
from tests.sts.documents import permit, trusting, when

LIST = "s3:ListAllMyBuckets"
PRESENT = when("Bool", "aws:MultiFactorAuthPresent", "true")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def enable(lab: Lab, user: str) -> str:
    """A virtual device of the user; returns its serial number."""
    admin = lab.admin
    made = done(admin.call("iam", "CreateVirtualMFADevice", {"VirtualMFADeviceName": user}))
    serial: str = made["VirtualMFADevice"]["SerialNumber"]
    done(
        admin.call(
            "iam",
            "EnableMFADevice",
            {
                "UserName": user,
                "SerialNumber": serial,
                "AuthenticationCode1": mfa.code(lab.world, serial, -1),
                "AuthenticationCode2": mfa.code(lab.world, serial),
            },
        )
    )
    return serial


def get_session_token(lab: Lab, actor: Actor, **parameters: Any) -> Actor:
    """The same person with a session from `GetSessionToken`."""
    credentials = done(actor.call("sts", "GetSessionToken", parameters))["Credentials"]
    return lab.actor(actor.name, keys=Keys.from_response(credentials))


def test_the_seed_the_endpoint_hands_out_makes_the_code_it_accepts(lab: Lab, town: Town) -> None:
    import pyotp

    made = done(lab.admin.call("iam", "CreateVirtualMFADevice", {"VirtualMFADeviceName": "phone"}))
    device = made["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    assert mfa.code(lab.world, device["SerialNumber"]) == pyotp.TOTP(seed).at(lab.clock.now())


def test_codes_follow_lab_time(lab: Lab, town: Town) -> None:
    town.user("alice")
    serial = enable(lab, "alice")
    before = mfa.code(lab.world, serial)
    lab.clock.advance(mfa.STEP)
    assert mfa.code(lab.world, serial, -1) == before


@pytest.mark.parametrize("codes", [("000000", "000000"), (0, 0), (0, -1)])
def test_enabling_a_device_wants_two_consecutive_codes(
    lab: Lab, town: Town, codes: tuple[Any, Any]
) -> None:
    town.user("alice")
    made = done(lab.admin.call("iam", "CreateVirtualMFADevice", {"VirtualMFADeviceName": "a"}))
    serial = made["VirtualMFADevice"]["SerialNumber"]
    first, second = (
        each if isinstance(each, str) else mfa.code(lab.world, serial, each) for each in codes
    )
    refused = lab.admin.call(
        "iam",
        "EnableMFADevice",
        {
            "UserName": "alice",
            "SerialNumber": serial,
            "AuthenticationCode1": first,
            "AuthenticationCode2": second,
        },
    )
    assert (refused.status, refused.error_code) == (403, "InvalidAuthenticationCode")


def test_a_trust_that_demands_mfa_opens_for_a_right_code_and_marks_the_session(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    serial = enable(lab, "alice")
    arn = town.role("Admin", trusting(ROOT, **PRESENT), permit(LIST, **PRESENT))
    parameters = {"RoleArn": arn, "RoleSessionName": "alice"}
    assert alice.call("sts", "AssumeRole", parameters).error_code == "AccessDenied"
    code = mfa.code(lab.world, serial)
    session = town.session(alice, arn, SerialNumber=serial, TokenCode=code)
    done(session.call("s3", "ListBuckets"))


def test_multi_factor_auth_age_grows_with_lab_time(lab: Lab, town: Town) -> None:
    young = when("NumericLessThan", "aws:MultiFactorAuthAge", "600")
    alice = town.user("alice", permit(LIST, **young))
    serial = enable(lab, "alice")
    code = mfa.code(lab.world, serial)
    session = get_session_token(lab, alice, SerialNumber=serial, TokenCode=code)
    lab.clock.advance(timedelta(seconds=599))
    done(session.call("s3", "ListBuckets"))
    lab.clock.advance(timedelta(seconds=1))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"


def test_multi_factor_auth_present_is_absent_for_a_user_key_and_false_for_a_session_without(
    lab: Lab, town: Town
) -> None:
    absent = when("Bool", "aws:MultiFactorAuthPresent", "false")
    alice = town.user("alice", permit(LIST, **absent))
    assert alice.call("s3", "ListBuckets").error_code == "AccessDenied"
    done(get_session_token(lab, alice).call("s3", "ListBuckets"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"TokenCode": "000000"},
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        ),
        (
            {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/bob", "TokenCode": "000000"},
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your "
            "MFA serial number is valid and associated with this user.",
        ),
        (
            {"TokenCode": None},
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time "
            "pass code.",
        ),
    ],
)
@pytest.mark.parametrize("operation", ["GetSessionToken", "AssumeRole"])
def test_a_wrong_code_is_refused_in_awss_words(
    lab: Lab, town: Town, operation: str, given: dict[str, Any], text: str
) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    serial = enable(lab, "alice")
    arn = town.role("App", trusting(ROOT))
    parameters: dict[str, Any] = {"SerialNumber": serial, **given}
    if parameters["TokenCode"] is None:
        del parameters["TokenCode"]
    if operation == "AssumeRole":
        parameters |= {"RoleArn": arn, "RoleSessionName": "alice"}
    refused = alice.call("sts", operation, parameters)
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert refused.error_message == text


def test_a_code_of_the_neighbouring_half_minute_is_accepted_and_an_older_one_is_not(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    serial = enable(lab, "alice")
    code = mfa.code(lab.world, serial)
    lab.clock.advance(mfa.STEP)
    parameters = {"SerialNumber": serial, "TokenCode": code}
    assert alice.call("sts", "GetSessionToken", parameters).ok
    lab.clock.advance(mfa.STEP)
    assert alice.call("sts", "GetSessionToken", parameters).error_code == "AccessDenied"


@pytest.mark.parametrize("operation", ["GetSessionToken", "AssumeRole"])
def test_a_code_is_good_once_and_the_next_half_minute_has_another(
    lab: Lab, town: Town, operation: str
) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    serial = enable(lab, "alice")
    arn = town.role("App", trusting(ROOT))
    more = {"RoleArn": arn, "RoleSessionName": "alice"} if operation == "AssumeRole" else {}
    given = {"SerialNumber": serial, "TokenCode": mfa.code(lab.world, serial), **more}
    assert alice.call("sts", operation, given).ok
    again = alice.call("sts", operation, given)
    assert (again.status, again.error_code) == (403, "AccessDenied")
    assert again.error_message == (
        "MultiFactorAuthentication failed with invalid MFA one time pass code."
    )
    lab.clock.advance(mfa.STEP)
    assert not alice.call("sts", operation, given).ok
    assert alice.call("sts", operation, {**given, "TokenCode": mfa.code(lab.world, serial)}).ok


def test_a_code_given_for_a_role_one_may_not_assume_is_used_all_the_same(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    serial = enable(lab, "alice")
    arn = town.role("App", trusting(ROOT))
    given = {"SerialNumber": serial, "TokenCode": mfa.code(lab.world, serial)}
    refused = alice.call("sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "alice", **given})
    assert "not authorized to perform: sts:AssumeRole" in str(refused.error_message)
    assert not alice.call("sts", "GetSessionToken", given).ok


def test_roots_device_opens_a_session_with_mfa_for_root_alone(lab: Lab, town: Town) -> None:
    name = {"VirtualMFADeviceName": "root-account-mfa-device"}
    made = done(lab.admin.call("iam", "CreateVirtualMFADevice", name))
    serial = made["VirtualMFADevice"]["SerialNumber"]
    assert serial == f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"
    given = {"SerialNumber": serial, "TokenCode": mfa.code(lab.world, serial)}
    refused = town.user("alice").call("sts", "GetSessionToken", given)
    assert "serial number is valid and associated with this user" in str(refused.error_message)
    key = root_key(lab.world, ACCOUNT)
    root = lab.actor("root", keys=Keys(key.access_key_id, key.secret_access_key))
    acting = get_session_token(lab, root, **given)
    assert (
        acting.call("s3", "ListBuckets").record.requests[0].context["aws:MultiFactorAuthPresent"]
        == "true"
    )
