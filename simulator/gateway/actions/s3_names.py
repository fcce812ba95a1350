"""S3's actions on a bucket and on an object: all that a bucket policy can name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

ON_BUCKET = frozenset(
    {
        "AllowVendedLogDeliveryForResource", "CreateBucket",
        "CreateBucketMetadataTableConfiguration", "DeleteBucket",
        "DeleteBucketMetadataTableConfiguration", "DeleteBucketPolicy", "DeleteBucketWebsite",
        "GetAccelerateConfiguration", "GetAnalyticsConfiguration", "GetBucketAbac",
        "GetBucketAcl", "GetBucketCORS", "GetBucketLocation", "GetBucketLogging",
        "GetBucketMetadataTableConfiguration", "GetBucketNotification",
        "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy",
        "GetBucketPolicyStatus", "GetBucketPublicAccessBlock", "GetBucketRequestPayment",
        "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite",
        "GetEncryptionConfiguration", "GetIntelligentTieringConfiguration",
        "GetInventoryConfiguration", "GetLifecycleConfiguration", "GetMetricsConfiguration",
        "GetReplicationConfiguration", "ListBucket", "ListBucketMultipartUploads",
        "ListBucketVersions", "ListTagsForResource", "PauseReplication",
        "PutAccelerateConfiguration", "PutAnalyticsConfiguration", "PutBucketAbac",
        "PutBucketAcl", "PutBucketCORS", "PutBucketLogging", "PutBucketNotification",
        "PutBucketObjectLockConfiguration", "PutBucketOwnershipControls", "PutBucketPolicy",
        "PutBucketPublicAccessBlock", "PutBucketRequestPayment", "PutBucketTagging",
        "PutBucketVersioning", "PutBucketWebsite", "PutEncryptionConfiguration",
        "PutIntelligentTieringConfiguration", "PutInventoryConfiguration",
        "PutLifecycleConfiguration", "PutMetricsConfiguration", "PutReplicationConfiguration",
        "TagResource", "UntagResource", "UpdateBucketMetadataAnnotationTableConfiguration",
        "UpdateBucketMetadataInventoryTableConfiguration",
        "UpdateBucketMetadataJournalTableConfiguration",
    }
)  # fmt: skip
"""Actions whose resource is a bucket, without ``s3:``."""

ON_OBJECT = frozenset(
    {
        "AbortMultipartUpload", "BypassGovernanceRetention", "DeleteObject",
        "DeleteObjectAnnotation", "DeleteObjectTagging", "DeleteObjectVersion",
        "DeleteObjectVersionAnnotation", "DeleteObjectVersionTagging", "GetObject",
        "GetObjectAcl", "GetObjectAnnotation", "GetObjectAttributes", "GetObjectLegalHold",
        "GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "GetObjectVersion",
        "GetObjectVersionAcl", "GetObjectVersionAnnotation",
        "GetObjectVersionAnnotationForReplication", "GetObjectVersionAttributes",
        "GetObjectVersionForReplication", "GetObjectVersionTagging", "GetObjectVersionTorrent",
        "InitiateReplication", "ListMultipartUploadParts", "ListObjectAnnotations",
        "ListObjectVersionAnnotations", "ObjectOwnerOverrideToBucketOwner", "PutObject",
        "PutObjectAcl", "PutObjectAnnotation", "PutObjectLegalHold", "PutObjectRetention",
        "PutObjectTagging", "PutObjectVersionAcl", "PutObjectVersionAnnotation",
        "PutObjectVersionTagging", "ReplicateDelete", "ReplicateObject",
        "ReplicateObjectAnnotation", "ReplicateTags", "RestoreObject", "UpdateObjectEncryption",
    }
)  # fmt: skip
"""Actions whose resource is an object, without ``s3:``."""
