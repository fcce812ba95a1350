"""A ciphertext names its key, in whichever account that is; and KMS's own words."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import ACCOUNT, Town, allow, done, policy

OTHER = "444455556666"
UNKNOWN = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this "
    "region, or you are not allowed to access."
)


def key_of(actor: Actor, *accounts: str) -> str:
    """A key whose policy delegates to accounts; its ARN."""
    roots = [f"arn:aws:iam::{account}:root" for account in accounts]
    document = policy(
        {"Effect": "Allow", "Principal": {"AWS": roots}, "Action": "kms:*", "Resource": "*"}
    )
    arn: str = done(actor.call("kms", "CreateKey", {"Policy": document}))["KeyMetadata"]["Arn"]
    return arn


def encrypt(actor: Actor, key: str) -> bytes:
    blob: bytes = done(actor.call("kms", "Encrypt", {"KeyId": key, "Plaintext": b"text"}))[
        "CiphertextBlob"
    ]
    return blob


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("document", [None, allow("kms:Decrypt")])
def test_decrypting_across_accounts_needs_both_sides_whether_or_not_the_key_is_named(
    lab: Lab, town: Town, named: bool, document: str | None
) -> None:
    there = lab.administrator(OTHER)
    alice = town.user("alice", document)
    for accounts in ((OTHER,), (OTHER, ACCOUNT)):
        key = key_of(there, *accounts)
        given: dict[str, Any] = {"CiphertextBlob": encrypt(there, key)}
        if named:
            given["KeyId"] = key
        opened = alice.call("kms", "Decrypt", given)
        assert opened.ok is (document is not None and ACCOUNT in accounts)
        assert opened.record.resource == key
        if opened.ok:
            assert done(opened)["Plaintext"] == b"text"
        else:
            assert opened.error_code == "AccessDeniedException"


def test_of_another_accounts_key_kms_does_not_say_whether_there_is_one(lab: Lab) -> None:
    there = lab.administrator(OTHER)
    key = key_of(there, OTHER)
    blob = encrypt(there, key)
    unnamed = lab.admin.call("kms", "Decrypt", {"CiphertextBlob": blob})
    assert unnamed.error_message == UNKNOWN
    for named in (key, f"{key[:-4]}0000"):
        refused = lab.admin.call("kms", "Encrypt", {"KeyId": named, "Plaintext": b"text"})
        assert (refused.status, refused.error_code) == (400, "AccessDeniedException")
        assert str(refused.error_message).endswith(
            "is not authorized to perform: kms:Encrypt on this resource because the resource does "
            "not exist in this Region, no resource-based policies allow access, or a "
            "resource-based policy explicitly denies access"
        )


def test_that_a_key_of_ones_own_does_not_exist_is_told_to_whoever_may_use_keys(
    lab: Lab, town: Town
) -> None:
    given = {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Plaintext": b"text"}
    assert lab.admin.call("kms", "Encrypt", given).error_code == "NotFoundException"
    nobody = town.user("nobody").call("kms", "Encrypt", given)
    assert nobody.error_code == "AccessDeniedException"


def test_a_ciphertext_of_no_key_of_another_key_or_cut_short_is_refused(lab: Lab) -> None:
    admin = lab.admin
    key, another = key_of(admin, ACCOUNT), key_of(admin, ACCOUNT)
    blob = encrypt(admin, key)
    forged = b"0" * 36 + blob[36:]
    unknown = admin.call("kms", "Decrypt", {"CiphertextBlob": forged})
    assert (unknown.error_code, unknown.error_message) == ("AccessDeniedException", UNKNOWN)
    wrong = admin.call("kms", "Decrypt", {"CiphertextBlob": blob, "KeyId": another})
    assert wrong.error_code == "IncorrectKeyException"
    short = admin.call("kms", "Decrypt", {"CiphertextBlob": blob[:40]})
    assert short.error_code == "InvalidCiphertextException"


def test_re_encrypting_takes_from_one_account_and_gives_to_another(lab: Lab) -> None:
    there = lab.administrator(OTHER)
    source, target = key_of(there, OTHER, ACCOUNT), key_of(lab.admin, ACCOUNT)
    given = {"CiphertextBlob": encrypt(there, source), "DestinationKeyId": target.split("/")[1]}
    made = done(lab.admin.call("kms", "ReEncrypt", given))
    assert (made["SourceKeyId"], made["KeyId"]) == (source, target)
    opened = lab.admin.call("kms", "Decrypt", {"CiphertextBlob": made["CiphertextBlob"]})
    assert done(opened)["Plaintext"] == b"text"
    assert not there.call("kms", "Decrypt", {"CiphertextBlob": made["CiphertextBlob"]}).ok


def test_a_key_policy_must_let_its_maker_or_the_account_set_another(lab: Lab, town: Town) -> None:
    town.user("bob")
    key = {"KeyId": key_of(lab.admin, ACCOUNT), "PolicyName": "default"}
    only_bob = key_policy(f"arn:aws:iam::{ACCOUNT}:user/bob", "kms:*")
    for operation, given in (
        ("PutKeyPolicy", {**key, "Policy": only_bob}),
        ("CreateKey", {"Policy": only_bob}),
        ("PutKeyPolicy", {**key, "Policy": key_policy(ACCOUNT, "kms:Decrypt")}),
    ):
        refused = lab.admin.call("kms", operation, given)
        assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocumentException")
        assert refused.error_message == (
            "The new key policy will not allow you to update the key policy in the future."
        )
    admins = key_policy(f"arn:aws:iam::{ACCOUNT}:user/admin", "kms:*")
    done(lab.admin.call("kms", "PutKeyPolicy", {**key, "Policy": admins}))
    forced = {**key, "Policy": only_bob, "BypassPolicyLockoutSafetyCheck": True}
    done(lab.admin.call("kms", "PutKeyPolicy", forced))
    described = lab.admin.call("kms", "DescribeKey", {"KeyId": key["KeyId"]})
    assert described.error_code == "AccessDeniedException"


@pytest.mark.parametrize("key", ["kms:CallerAccount", "aws:PrincipalAccount"])
def test_a_key_policy_may_name_its_account_by_a_condition(lab: Lab, key: str) -> None:
    everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    for account, saved in ((ACCOUNT, True), (OTHER, False)):
        document = policy({**everybody, "Condition": {"StringEquals": {key: account}}})
        assert lab.admin.call("kms", "CreateKey", {"Policy": document}).ok is saved


def key_policy(principal: str, action: str) -> str:
    allowed = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    return policy({**allowed, "Resource": "*"})
