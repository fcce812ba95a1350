"""moto made to fit, once a process: no decisions of its own, ids as AWS makes them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.loaders import Loader

from simulator.backend.documents import as_moto_checks, with_root_arns
from simulator.backend.messaging import (
    answer_long_polls_at_once,
    deliver_nothing_over_http,
    let_statements_have_no_id,
)
from simulator.backend.serializing import write_faster
from simulator.backend.working_out import make_images_quickly, work_out_once
from simulator.ids import unique_id
from simulator.models import extended_model

_NOT_FOUND = {
    "Group": "The group with name {} cannot be found.",
    "Instance profile": "Instance Profile {} cannot be found.",
    "Login profile for": "Login Profile for User {} cannot be found.",
    "Policy": "Policy {} was not found.",
    "Role": "The role with name {} cannot be found.",
    "User": "The user with name {} cannot be found.",
}
"""IAM's words for what moto calls ``<kind> <name> not found``."""

_EVERYTHING = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)


_USUAL_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")


@cache
def adapt_moto() -> None:
    """Once a process: leave every decision to the gateway, and make ids as AWS does."""
    from moto.core import serialize
    from moto.core.common_models import BaseModel
    from moto.core.config import default_user_config
    from moto.iam import models
    from moto.iam.access_control import PermissionResult
    from moto.kms.models import KmsBackend
    from moto.organizations.models import FakeAccount
    from moto.s3.models import FakeBucket, FakeKey, S3Backend

    default_user_config["lambda"]["use_docker"] = False
    default_user_config["batch"]["use_docker"] = False
    FakeBucket.get_permission = lambda *_: PermissionResult.PERMITTED
    _load_few_instance_type_offerings()
    _share_service_models()
    work_out_once()
    write_faster()
    for holder, prefix in (
        (models.User, "AIDA"),
        (models.Group, "AGPA"),
        (models.InstanceProfile, "AIPA"),
        (models.ManagedPolicy, "ANPA"),
    ):
        _prefix_ids(holder, prefix)
    _forget_what_is_gone(BaseModel, FakeKey)
    _take_every_policy_iam_takes(models)
    _keep_accounts_by_arn(models.IAMBackend, S3Backend)
    _say_what_cannot_be_found(models.NotFoundException)
    _let_the_organization_in(FakeAccount)
    _re_encrypt_across_accounts(KmsBackend)
    _tell_iam_times_in_whole_seconds(serialize)


def _forget_what_is_gone(model: Any, stored_object: Any) -> None:
    """Moto lists everything it ever made, for its dashboard: a lab's memory would only grow.

    S3 closes the files of overwritten objects by that list when it is reset; without it, they are
    closed as they go, and there is nothing to warn of.
    """
    model.__new__ = staticmethod(lambda cls, *_, **__: object.__new__(cls))
    stored_object.__del__ = stored_object.dispose


def _let_the_organization_in(account: Any) -> None:
    """The role that `CreateAccount` makes in the new account is an administrator's.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
    """
    construct = account.__init__

    def with_administrator(self: Any, *args: Any, **kwargs: Any) -> None:
        from moto.iam import iam_backends

        construct(self, *args, **kwargs)
        role = kwargs.get("RoleName", "OrganizationAccountAccessRole")
        iam_backends[self.id]["global"].put_role_policy(role, "AdministratorAccess", _EVERYTHING)

    account.__init__ = with_administrator


def _tell_iam_times_in_whole_seconds(serialize: Any) -> None:
    """IAM's dates have no fractions of a second; moto has microseconds."""
    construct = serialize.QuerySerializer.__init__

    class WholeSeconds(serialize.TimestampSerializer):  # type: ignore[misc]
        ISO8601_MICRO = serialize.TimestampSerializer.ISO8601

    def with_seconds(self: Any, operation_model: Any, *more: Any, **named: Any) -> None:
        construct(self, operation_model, *more, **named)
        if self.service_model.service_name == "iam":
            self._timestamp_serializer = WholeSeconds(self.DEFAULT_TIMESTAMP_FORMAT)

    serialize.QuerySerializer.__init__ = with_seconds


def _re_encrypt_across_accounts(backend: Any) -> None:
    """The source key may be another account's.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
    """

    def re_encrypt(
        self: Any,
        ciphertext_blob: bytes,
        source_encryption_context: dict[str, str],
        destination_key_id: str,
        destination_encryption_context: dict[str, str],
    ) -> tuple[bytes, str, str]:
        from moto.kms.models import kms_backends

        key_id = ciphertext_blob[:36].decode("ascii", "replace")
        backends = (kms_backends[account][self.region_name] for account in tuple(kms_backends))
        source = next((each for each in backends if key_id in each.keys), self)
        plaintext, made_with = source.decrypt(ciphertext_blob, source_encryption_context)
        made, made_now_with = self.encrypt(
            destination_key_id, plaintext, destination_encryption_context
        )
        return made, made_with, made_now_with

    backend.re_encrypt = re_encrypt


@cache
def adapt_service(service: str) -> None:
    """Once a process: what is made to fit of a service that is large, when it is first asked.

    EC2's tables take 30 MB, which a lab without an instance need not have.

    Args:
        service: moto's name of it.
    """
    if service == "ec2":
        from moto.ec2.models.instances import InstanceBackend

        _keep_metadata_options(InstanceBackend)
        make_images_quickly()
    if service == "dynamodb":
        from moto.dynamodb.models import DynamoDBBackend

        _delete_policies_with_tables(DynamoDBBackend)
    if service == "sqs":
        from moto.sqs.models import Queue, SQSBackend

        answer_long_polls_at_once(SQSBackend)
        let_statements_have_no_id(Queue)
    if service == "sns":
        from moto.sns import models as sns

        deliver_nothing_over_http(sns)
        let_statements_have_no_id(sns.Topic)


def _delete_policies_with_tables(backend: Any) -> None:
    """A table's policy goes with the table: the next one of its name has none."""
    delete = backend.delete_table

    def delete_all(self: Any, name: str) -> Any:
        table = delete(self, name)
        self.resource_policies.pop(table.table_arn, None)
        return table

    backend.delete_table = delete_all


def _keep_metadata_options(backend: Any) -> None:
    """What `ModifyInstanceMetadataOptions` does not name stays as it is.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
    """
    modify = backend.modify_instance_metadata_options

    def modify_some(self: Any, instance_id: str, **asked: Any) -> Any:
        now = self.get_instance(instance_id).metadata_options
        kept = {
            "http_tokens": now.http_tokens,
            "hop_limit": now.http_put_response_hop_limit,
            "http_endpoint": now.http_endpoint,
            "http_protocol": now.http_protocol_ipv6,
            "metadata_tags": now.instance_metadata_tags,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return modify(self, instance_id, **{**kept, **given})

    backend.modify_instance_metadata_options = modify_some


def _say_what_cannot_be_found(error: Any) -> None:
    construct = error.__init__
    said = re.compile(rf"({'|'.join(_NOT_FOUND)}) (\S+) not found")

    def in_iams_words(self: Any, message: str) -> None:
        found = said.fullmatch(message)
        construct(self, _NOT_FOUND[found[1]].format(found[2]) if found else message)

    error.__init__ = in_iams_words


def _take_every_policy_iam_takes(models: Any) -> None:
    """The gateway has checked the document; moto's check has good texts, so it still runs."""

    class Check(models.IAMPolicyDocumentValidator):  # type: ignore[misc]
        def __init__(self, policy_document: str) -> None:
            super().__init__(as_moto_checks(policy_document))

    models.IAMPolicyDocumentValidator = Check


def _keep_accounts_by_arn(iam: Any, s3: Any) -> None:
    """A trust or bucket policy that names an account by its id comes back with its ARN."""
    create, update, put = iam.create_role, iam.update_assume_role_policy, s3.put_bucket_policy

    # moto's own names of the parameters: it passes them by position here, by name there.
    def create_role(
        self: Any, role_name: str, assume_role_policy_document: str, *args: Any, **more: Any
    ) -> Any:
        return create(self, role_name, with_root_arns(assume_role_policy_document), *args, **more)

    def update_trust(self: Any, role_name: str, policy_document: str) -> None:
        update(self, role_name, with_root_arns(policy_document))

    def put_bucket_policy(self: Any, bucket_name: str, policy: bytes) -> None:
        put(self, bucket_name, with_root_arns(policy.decode()).encode())

    iam.create_role, iam.update_assume_role_policy = create_role, update_trust
    s3.put_bucket_policy = put_bucket_policy


def _load_few_instance_type_offerings() -> None:
    """Of the lists of instance types on offer, 100 MB of them, keep those of the usual regions."""
    from moto.utilities import utils

    load_resource = utils.load_resource

    def load_few(path: str) -> Any:
        elsewhere = "instance_type_offerings" in path and not any(
            region in path for region in _USUAL_REGIONS
        )
        return [] if elsewhere else load_resource(path)

    utils.load_resource = load_few


def _share_service_models() -> None:
    """Have moto answer by the models that the lab reads requests by, with moto's own additions."""
    from moto.core import loaders, utils

    additions = loaders.create_loader()._find_extras
    utils._load_service_model = lambda service, kind: extended_model(service, kind, additions)


def _prefix_ids(holder: Any, prefix: str) -> None:
    """Source: IAM User Guide, "IAM identifiers", unique ID prefixes."""
    construct = holder.__init__

    def with_aws_id(self: Any, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        self.id = unique_id(prefix)

    holder.__init__ = with_aws_id


@contextmanager
def without_user_configuration() -> Iterator[None]:
    """Hide the user's AWS variables, profiles and files from moto's own boto3 sessions.

    And the models in ``~/.aws/models``, which botocore's loaders, moto's among them, put before
    those it ships.
    """
    hidden = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in hidden:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    customer_models = Loader.CUSTOMER_DATA_PATH
    Loader.CUSTOMER_DATA_PATH = Loader.BUILTIN_DATA_PATH
    try:
        yield
    finally:
        Loader.CUSTOMER_DATA_PATH = customer_models
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            os.environ.pop(name, None)
        os.environ.update(hidden)
