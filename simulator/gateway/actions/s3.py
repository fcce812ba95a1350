"""S3: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from simulator.gateway.actions.keys import passed_to, tag_request_context, tags_of
from simulator.gateway.actions.rules import (
    Asked,
    Context,
    Keys,
    Rule,
    Rules,
    Target,
    everything,
    tag_context,
)
from simulator.gateway.actions.s3_keys import ACL, LISTING, OBJECT, RETENTION, common
from simulator.gateway.stages import AwsError

_MALFORMED = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)


def _bucket(asked: Asked) -> Iterator[Target]:
    bucket = asked.text("Bucket")
    # A bucket that is to be made is one's own; that its name is taken is S3's to say.
    found = None if asked.operation.name == "CreateBucket" else asked.lookup.bucket_account(bucket)
    owner = found or asked.account
    yield Target(f"arn:aws:s3:::{bucket}", owner, {"s3:ResourceAccount": owner})


def _object_target(asked: Asked, bucket: str, key: str, version: str | None) -> Target:
    owner = asked.lookup.bucket_account(bucket) or asked.account
    context = {
        "s3:ResourceAccount": owner,
        **tag_context(("s3:ExistingObjectTag",), asked.lookup.object_tags(bucket, key, version)),
    }
    if version:
        context["s3:VersionId"] = version
    return Target(f"arn:aws:s3:::{bucket}/{key}", owner, context)


def _object(asked: Asked) -> Iterator[Target]:
    version = asked.text("VersionId") or None
    yield _object_target(asked, asked.text("Bucket"), asked.text("Key"), version)


def _deleted(asked: Asked) -> Iterator[tuple[str, str | None]]:
    objects = asked.items("Delete.Objects")
    if not objects:
        raise AwsError("MalformedXML", _MALFORMED, 400)
    for entry in objects:
        key = str(entry.get("Key", "")) if isinstance(entry, dict) else ""
        if not key:
            raise AwsError("MalformedXML", _MALFORMED, 400)
        yield key, entry.get("VersionId") or None


def _deleted_objects(asked: Asked) -> Iterator[Target]:
    for key, version in _deleted(asked):
        if version is None:
            yield _object_target(asked, asked.text("Bucket"), key, None)


def _deleted_versions(asked: Asked) -> Iterator[Target]:
    for key, version in _deleted(asked):
        if version is not None:
            yield _object_target(asked, asked.text("Bucket"), key, version)


def copy_source(asked: Asked) -> tuple[str, str, str | None]:
    """Bucket, key and version of ``x-amz-copy-source``: ``/bucket/key?versionId=…``."""
    source, _, query = asked.text("CopySource").partition("?versionId=")
    bucket, _, key = unquote(source).lstrip("/").partition("/")
    return bucket, key, query or None


def _source(asked: Asked) -> Iterator[Target]:
    yield _object_target(asked, *copy_source(asked))


def _source_has_version(asked: Asked) -> bool:
    return copy_source(asked)[2] is not None


def _source_has_no_version(asked: Asked) -> bool:
    return copy_source(asked)[2] is None


def _copies_tags(asked: Asked) -> bool:
    return asked.text("TaggingDirective", "COPY") == "COPY" and bool(
        asked.lookup.object_tags(*copy_source(asked))
    )


def _has_version(asked: Asked) -> bool:
    return bool(asked.text("VersionId"))


def _has_no_version(asked: Asked) -> bool:
    return not asked.text("VersionId")


def _has_tagging(asked: Asked) -> bool:
    return bool(asked.get("Tagging"))


def _has_acl(asked: Asked) -> bool:
    return any(
        name == "x-amz-acl" or name.startswith("x-amz-grant-") for name in asked.wire.headers
    )


def _has_retention(asked: Asked) -> bool:
    return bool(asked.get("ObjectLockMode") or asked.get("ObjectLockRetainUntilDate"))


def _has_legal_hold(asked: Asked) -> bool:
    return bool(asked.get("ObjectLockLegalHoldStatus"))


def _bypasses_governance(asked: Asked) -> bool:
    return asked.wire.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"


def _locks_objects(asked: Asked) -> bool:
    return asked.get("ObjectLockEnabledForBucket") is True


def _sets_ownership(asked: Asked) -> bool:
    return bool(asked.get("ObjectOwnership"))


def _bucket_tags(asked: Asked) -> Context:
    return tag_request_context(tags_of(asked.get("CreateBucketConfiguration.Tags")))


def _has_bucket_tags(asked: Asked) -> bool:
    return bool(asked.items("CreateBucketConfiguration.Tags"))


def _request_object_tags(asked: Asked) -> Context:
    value = asked.get("Tagging")
    if isinstance(value, str):
        tags = dict(parse_qsl(value, keep_blank_values=True))
    else:
        tags = tags_of(asked.get("Tagging.TagSet"))
    if not tags:
        return {}
    keys = {"s3:RequestObjectTagKeys": tuple(tags)}
    return {**tag_context(("s3:RequestObjectTag",), tags), **keys}


def _replication_role(asked: Asked) -> Iterator[Target]:
    yield Target(asked.text("ReplicationConfiguration.Role"))


def _passes_role(asked: Asked) -> bool:
    return bool(asked.text("ReplicationConfiguration.Role"))


def _on_bucket(action: str, *keys: Keys) -> Rules:
    return (Rule(f"s3:{action}", _bucket, (common, *keys)),)


def _on_object(action: str, *keys: Keys) -> Rules:
    return (Rule(f"s3:{action}", _object, (common, *keys)),)


def _by_version(plain: str, versioned: str, *keys: Keys) -> Rules:
    """Another action where a version is named: `GetObject`, `GetObjectVersion`."""
    return (
        Rule(f"s3:{plain}", _object, (common, *keys), _has_no_version),
        Rule(f"s3:{versioned}", _object, (common, *keys), _has_version),
    )


_BYPASS = Rule("s3:BypassGovernanceRetention", _object, (common,), _bypasses_governance)

_WRITE = (
    Rule("s3:PutObject", _object, (common, OBJECT, _request_object_tags)),
    Rule("s3:PutObjectTagging", _object, (common, OBJECT, _request_object_tags), _has_tagging),
    Rule("s3:PutObjectAcl", _object, (common, ACL), _has_acl),
    Rule("s3:PutObjectRetention", _object, (common, RETENTION), _has_retention),
    Rule("s3:PutObjectLegalHold", _object, (common, RETENTION), _has_legal_hold),
)
"""Writing an object, with the permissions that its headers need besides."""

_COPY = (
    Rule("s3:GetObject", _source, (common,), _source_has_no_version),
    Rule("s3:GetObjectVersion", _source, (common,), _source_has_version),
)

RULES: dict[str, Rules] = {
    "AbortMultipartUpload": _on_object("AbortMultipartUpload"),
    "CompleteMultipartUpload": _on_object("PutObject", OBJECT),
    "CopyObject": (
        *_COPY,
        *_WRITE,
        Rule(
            "s3:GetObjectTagging",
            _source,
            (common,),
            lambda asked: _copies_tags(asked) and _source_has_no_version(asked),
        ),
        Rule(
            "s3:GetObjectVersionTagging",
            _source,
            (common,),
            lambda asked: _copies_tags(asked) and _source_has_version(asked),
        ),
        Rule(
            "s3:PutObjectTagging",
            _object,
            (common, OBJECT),
            lambda asked: _copies_tags(asked) and not _has_tagging(asked),
        ),
    ),
    "CreateBucket": (
        Rule("s3:CreateBucket", _bucket, (common, ACL, _bucket_tags)),
        Rule("s3:PutBucketAcl", _bucket, (common, ACL), _has_acl),
        Rule("s3:PutBucketObjectLockConfiguration", _bucket, (common,), _locks_objects),
        Rule("s3:PutBucketVersioning", _bucket, (common,), _locks_objects),
        Rule("s3:PutBucketOwnershipControls", _bucket, (common,), _sets_ownership),
        Rule("s3:TagResource", _bucket, (common, _bucket_tags), _has_bucket_tags),
    ),
    "CreateMultipartUpload": _WRITE,
    "CreateSession": (
        Rule(
            "s3express:CreateSession",
            lambda asked: [
                Target(
                    f"arn:aws:s3express:{asked.region}:{asked.account}:bucket/"
                    f"{asked.text('Bucket')}"
                )
            ],
        ),
    ),
    "DeleteBucketAnalyticsConfiguration": _on_bucket("PutAnalyticsConfiguration"),
    "DeleteBucketCors": _on_bucket("PutBucketCORS"),
    "DeleteBucketEncryption": _on_bucket("PutEncryptionConfiguration"),
    "DeleteBucketIntelligentTieringConfiguration": _on_bucket("PutIntelligentTieringConfiguration"),
    "DeleteBucketInventoryConfiguration": _on_bucket("PutInventoryConfiguration"),
    "DeleteBucketLifecycle": _on_bucket("PutLifecycleConfiguration"),
    "DeleteBucketMetadataConfiguration": _on_bucket("DeleteBucketMetadataTableConfiguration"),
    "DeleteBucketMetricsConfiguration": _on_bucket("PutMetricsConfiguration"),
    "DeleteBucketOwnershipControls": _on_bucket("PutBucketOwnershipControls"),
    "DeleteBucketReplication": _on_bucket("PutReplicationConfiguration"),
    "DeleteBucketTagging": _on_bucket("PutBucketTagging"),
    "DeleteObject": (*_by_version("DeleteObject", "DeleteObjectVersion"), _BYPASS),
    "DeleteObjectTagging": _by_version("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "DeleteObjects": (
        Rule("s3:DeleteObject", _deleted_objects, (common,)),
        Rule("s3:DeleteObjectVersion", _deleted_versions, (common,)),
        Rule("s3:BypassGovernanceRetention", _deleted_versions, (common,), _bypasses_governance),
    ),
    "DeletePublicAccessBlock": _on_bucket("PutBucketPublicAccessBlock"),
    "GetBucketAccelerateConfiguration": _on_bucket("GetAccelerateConfiguration"),
    "GetBucketAnalyticsConfiguration": _on_bucket("GetAnalyticsConfiguration"),
    "GetBucketCors": _on_bucket("GetBucketCORS"),
    "GetBucketEncryption": _on_bucket("GetEncryptionConfiguration"),
    "GetBucketIntelligentTieringConfiguration": _on_bucket("GetIntelligentTieringConfiguration"),
    "GetBucketInventoryConfiguration": _on_bucket("GetInventoryConfiguration"),
    "GetBucketLifecycle": _on_bucket("GetLifecycleConfiguration"),
    "GetBucketLifecycleConfiguration": _on_bucket("GetLifecycleConfiguration"),
    "GetBucketMetadataConfiguration": _on_bucket("GetBucketMetadataTableConfiguration"),
    "GetBucketMetricsConfiguration": _on_bucket("GetMetricsConfiguration"),
    "GetBucketNotificationConfiguration": _on_bucket("GetBucketNotification"),
    "GetBucketReplication": _on_bucket("GetReplicationConfiguration"),
    "GetObject": _by_version("GetObject", "GetObjectVersion"),
    "GetObjectAcl": _by_version("GetObjectAcl", "GetObjectVersionAcl"),
    "GetObjectAttributes": (
        *_by_version("GetObject", "GetObjectVersion"),
        *_by_version("GetObjectAttributes", "GetObjectVersionAttributes"),
    ),
    "GetObjectLockConfiguration": _on_bucket("GetBucketObjectLockConfiguration"),
    "GetObjectTagging": _by_version("GetObjectTagging", "GetObjectVersionTagging"),
    "GetObjectTorrent": _by_version("GetObjectTorrent", "GetObjectVersionTorrent"),
    "GetPublicAccessBlock": _on_bucket("GetBucketPublicAccessBlock"),
    "HeadBucket": _on_bucket("ListBucket"),
    "HeadObject": _by_version("GetObject", "GetObjectVersion"),
    "ListBucketAnalyticsConfigurations": _on_bucket("GetAnalyticsConfiguration"),
    "ListBucketIntelligentTieringConfigurations": _on_bucket("GetIntelligentTieringConfiguration"),
    "ListBucketInventoryConfigurations": _on_bucket("GetInventoryConfiguration"),
    "ListBucketMetricsConfigurations": _on_bucket("GetMetricsConfiguration"),
    "ListBuckets": (Rule("s3:ListAllMyBuckets", everything, (common,)),),
    "ListDirectoryBuckets": (
        Rule(
            "s3express:ListAllMyDirectoryBuckets",
            lambda asked: [Target(f"arn:aws:s3express:{asked.region}:{asked.account}:*")],
        ),
    ),
    "ListMultipartUploads": _on_bucket("ListBucketMultipartUploads", LISTING),
    "ListObjectVersions": _on_bucket("ListBucketVersions", LISTING),
    "ListObjects": _on_bucket("ListBucket", LISTING),
    "ListObjectsV2": _on_bucket("ListBucket", LISTING),
    "ListParts": _on_object("ListMultipartUploadParts"),
    "PostObject": _WRITE,
    "PutBucketAccelerateConfiguration": _on_bucket("PutAccelerateConfiguration"),
    "PutBucketAcl": _on_bucket("PutBucketAcl", ACL),
    "PutBucketAnalyticsConfiguration": _on_bucket("PutAnalyticsConfiguration"),
    "PutBucketCors": _on_bucket("PutBucketCORS"),
    "PutBucketEncryption": _on_bucket("PutEncryptionConfiguration"),
    "PutBucketIntelligentTieringConfiguration": _on_bucket("PutIntelligentTieringConfiguration"),
    "PutBucketInventoryConfiguration": _on_bucket("PutInventoryConfiguration"),
    "PutBucketLifecycle": _on_bucket("PutLifecycleConfiguration"),
    "PutBucketLifecycleConfiguration": _on_bucket("PutLifecycleConfiguration"),
    "PutBucketMetricsConfiguration": _on_bucket("PutMetricsConfiguration"),
    "PutBucketNotificationConfiguration": _on_bucket("PutBucketNotification"),
    "PutBucketReplication": (
        *_on_bucket("PutReplicationConfiguration"),
        Rule("iam:PassRole", _replication_role, (passed_to["s3.amazonaws.com"],), _passes_role),
    ),
    "PutObject": _WRITE,
    "PutObjectAcl": _by_version("PutObjectAcl", "PutObjectVersionAcl", ACL),
    "PutObjectLegalHold": _on_object("PutObjectLegalHold", RETENTION),
    "PutObjectLockConfiguration": _on_bucket("PutBucketObjectLockConfiguration"),
    "PutObjectRetention": (*_on_object("PutObjectRetention", RETENTION), _BYPASS),
    "PutObjectTagging": _by_version(
        "PutObjectTagging", "PutObjectVersionTagging", _request_object_tags
    ),
    "PutPublicAccessBlock": _on_bucket("PutBucketPublicAccessBlock"),
    "SelectObjectContent": _on_object("GetObject"),
    "UploadPart": _on_object("PutObject", OBJECT),
    "UploadPartCopy": (*_COPY, *_on_object("PutObject", OBJECT)),
    "WriteGetObjectResponse": (Rule("s3-object-lambda:WriteGetObjectResponse"),),
}
"""Operations that differ from the rule ``s3:<Operation>`` on the object or bucket named."""

PERMISSIONLESS = frozenset({"OptionsObject"})


def rules(asked: Asked) -> Rules:
    """The rules of an S3 operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    if asked.text("Key"):
        return _on_object(name)
    return _on_bucket(name) if asked.text("Bucket") else (Rule(f"s3:{name}", everything),)
