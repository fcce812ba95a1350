"""Which action on which resource each request must be allowed, by tables.

Source of every line: the Service Authorization Reference.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.actions.capture import ACCOUNT
from tests.gateway.actions.conftest import Ask

IAM = f"arn:aws:iam::{ACCOUNT}:"
EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}:"
LAMBDA = f"arn:aws:lambda:us-east-1:{ACCOUNT}:"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:"
SSM = f"arn:aws:ssm:us-east-1:{ACCOUNT}:"
SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
SNS = f"arn:aws:sns:us-east-1:{ACCOUNT}:"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/"
ROLE = f"{IAM}role/apps/App"
POLICY = f"{IAM}policy/P"

Expected = list[tuple[str, str]]
Row = tuple[str, str, dict[str, Any], Expected]

STS: list[Row] = [
    ("sts", "GetCallerIdentity", {}, []),
    ("sts", "GetSessionToken", {}, []),
    ("sts", "GetAccessKeyInfo", {"AccessKeyId": "AKIA"}, [("sts:GetAccessKeyInfo", "*")]),
    (
        "sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "s"},
        [("sts:AssumeRole", ROLE)],
    ),
    (
        "sts", "AssumeRole",
        {"RoleArn": ROLE, "RoleSessionName": "s", "SourceIdentity": "alice",
         "Tags": [{"Key": "a", "Value": "b"}]},
        [("sts:AssumeRole", ROLE), ("sts:TagSession", ROLE), ("sts:SetSourceIdentity", ROLE)],
    ),
    (
        "sts", "AssumeRoleWithWebIdentity",
        {"RoleArn": ROLE, "RoleSessionName": "s", "WebIdentityToken": "t"},
        [("sts:AssumeRoleWithWebIdentity", ROLE)],
    ),
    (
        "sts", "AssumeRoleWithSAML",
        {"RoleArn": ROLE, "PrincipalArn": f"{IAM}saml-provider/x", "SAMLAssertion": "a"},
        [("sts:AssumeRoleWithSAML", ROLE)],
    ),
    (
        "sts", "GetFederationToken", {"Name": "bob"},
        [("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/bob")],
    ),
    (
        "sts", "DecodeAuthorizationMessage", {"EncodedMessage": "m"},
        [("sts:DecodeAuthorizationMessage", "*")],
    ),
]  # fmt: skip

IDENTITY: list[Row] = [
    ("iam", "GetUser", {}, [("iam:GetUser", f"{IAM}user/staff/alice")]),
    ("iam", "GetUser", {"UserName": "bob"}, [("iam:GetUser", f"{IAM}user/bob")]),
    ("iam", "CreateAccessKey", {}, [("iam:CreateAccessKey", f"{IAM}user/staff/alice")]),
    ("iam", "ListMFADevices", {}, [("iam:ListMFADevices", f"{IAM}user/staff/alice")]),
    ("iam", "ChangePassword", {"OldPassword": "a", "NewPassword": "b"},
     [("iam:ChangePassword", f"{IAM}user/staff/alice")]),
    ("iam", "DeactivateMFADevice", {"SerialNumber": f"{IAM}mfa/x"},
     [("iam:DeactivateMFADevice", f"{IAM}user/staff/alice")]),
    ("iam", "DeleteVirtualMFADevice", {"SerialNumber": f"{IAM}mfa/x"},
     [("iam:DeleteVirtualMFADevice", f"{IAM}mfa/x")]),
    ("iam", "CreateUser", {"UserName": "new", "Path": "/staff/"},
     [("iam:CreateUser", f"{IAM}user/staff/new")]),
    ("iam", "UpdateUser", {"UserName": "alice", "NewUserName": "eve"},
     [("iam:UpdateUser", f"{IAM}user/staff/alice"), ("iam:UpdateUser", f"{IAM}user/staff/eve")]),
    ("iam", "ListUsers", {}, [("iam:ListUsers", f"{IAM}user/")]),
    ("iam", "ListRoles", {"PathPrefix": "/apps/"}, [("iam:ListRoles", f"{IAM}role/apps/")]),
    ("iam", "ListPolicies", {}, [("iam:ListPolicies", "policy path /")]),
    ("iam", "ListAccountAliases", {}, [("iam:ListAccountAliases", "*")]),
    ("iam", "GetAccountSummary", {}, [("iam:GetAccountSummary", "*")]),
    ("iam", "PutRolePolicy", {"RoleName": "App", "PolicyName": "p", "PolicyDocument": "{}"},
     [("iam:PutRolePolicy", ROLE)]),
    ("iam", "AttachRolePolicy", {"RoleName": "App", "PolicyArn": POLICY},
     [("iam:AttachRolePolicy", ROLE)]),
    ("iam", "UpdateAssumeRolePolicy", {"RoleName": "App", "PolicyDocument": "{}"},
     [("iam:UpdateAssumeRolePolicy", ROLE)]),
    ("iam", "AddUserToGroup", {"GroupName": "g", "UserName": "alice"},
     [("iam:AddUserToGroup", f"{IAM}group/g")]),
    ("iam", "CreatePolicyVersion", {"PolicyArn": POLICY, "PolicyDocument": "{}"},
     [("iam:CreatePolicyVersion", POLICY)]),
    ("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": "web", "RoleName": "App"},
     [("iam:AddRoleToInstanceProfile", f"{IAM}instance-profile/p/web"), ("iam:PassRole", ROLE)]),
    ("iam", "SimulatePrincipalPolicy", {"PolicySourceArn": ROLE, "ActionNames": ["s3:*"]},
     [("iam:SimulatePrincipalPolicy", ROLE)]),
    ("iam", "CreateOpenIDConnectProvider", {"Url": "https://idp.example.com/x"},
     [("iam:CreateOpenIDConnectProvider", f"{IAM}oidc-provider/idp.example.com/x")]),
    ("iam", "CreateServiceLinkedRole", {"AWSServiceName": "autoscaling.amazonaws.com"},
     [("iam:CreateServiceLinkedRole",
       f"{IAM}role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")]),
]  # fmt: skip

BUCKET, OBJECT = "arn:aws:s3:::data", "arn:aws:s3:::data/k"
_IN = {"Bucket": "data"}
_AT = {"Bucket": "data", "Key": "k"}

STORAGE: list[Row] = [
    ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3", "ListObjects", _IN, [("s3:ListBucket", BUCKET)]),
    ("s3", "ListObjectsV2", _IN, [("s3:ListBucket", BUCKET)]),
    ("s3", "HeadBucket", _IN, [("s3:ListBucket", BUCKET)]),
    ("s3", "ListObjectVersions", _IN, [("s3:ListBucketVersions", BUCKET)]),
    ("s3", "ListMultipartUploads", _IN, [("s3:ListBucketMultipartUploads", BUCKET)]),
    ("s3", "GetBucketEncryption", _IN, [("s3:GetEncryptionConfiguration", BUCKET)]),
    ("s3", "DeleteBucketTagging", _IN, [("s3:PutBucketTagging", BUCKET)]),
    ("s3", "GetBucketPolicy", _IN, [("s3:GetBucketPolicy", BUCKET)]),
    ("s3", "GetObject", _AT, [("s3:GetObject", OBJECT)]),
    ("s3", "GetObject", {**_AT, "VersionId": "1"}, [("s3:GetObjectVersion", OBJECT)]),
    ("s3", "HeadObject", _AT, [("s3:GetObject", OBJECT)]),
    ("s3", "GetObjectAcl", {**_AT, "VersionId": "1"}, [("s3:GetObjectVersionAcl", OBJECT)]),
    ("s3", "GetObjectAttributes", {**_AT, "ObjectAttributes": ["ETag"]},
     [("s3:GetObject", OBJECT), ("s3:GetObjectAttributes", OBJECT)]),
    ("s3", "PutObject", _AT, [("s3:PutObject", OBJECT)]),
    ("s3", "PutObject",
     {**_AT, "Tagging": "a=b", "ACL": "private", "ObjectLockMode": "GOVERNANCE",
      "ObjectLockLegalHoldStatus": "ON"},
     [("s3:PutObject", OBJECT), ("s3:PutObjectTagging", OBJECT), ("s3:PutObjectAcl", OBJECT),
      ("s3:PutObjectRetention", OBJECT), ("s3:PutObjectLegalHold", OBJECT)]),
    ("s3", "CopyObject", {**_AT, "CopySource": {"Bucket": "src", "Key": "a b"}},
     [("s3:GetObject", "arn:aws:s3:::src/a b"), ("s3:PutObject", OBJECT)]),
    ("s3", "CopyObject",
     {**_AT, "CopySource": {"Bucket": "src", "Key": "a", "VersionId": "3"}},
     [("s3:GetObjectVersion", "arn:aws:s3:::src/a"), ("s3:PutObject", OBJECT)]),
    ("s3", "CopyObject", {**_AT, "CopySource": {"Bucket": "data", "Key": "tagged"}},
     [("s3:GetObject", "arn:aws:s3:::data/tagged"), ("s3:PutObject", OBJECT),
      ("s3:GetObjectTagging", "arn:aws:s3:::data/tagged"), ("s3:PutObjectTagging", OBJECT)]),
    ("s3", "DeleteObject", _AT, [("s3:DeleteObject", OBJECT)]),
    ("s3", "DeleteObject", {**_AT, "VersionId": "1", "BypassGovernanceRetention": True},
     [("s3:DeleteObjectVersion", OBJECT), ("s3:BypassGovernanceRetention", OBJECT)]),
    ("s3", "DeleteObjects",
     {**_IN, "Delete": {"Objects": [{"Key": "k"}, {"Key": "l"}, {"Key": "m", "VersionId": "1"}]}},
     [("s3:DeleteObject", OBJECT), ("s3:DeleteObject", "arn:aws:s3:::data/l"),
      ("s3:DeleteObjectVersion", "arn:aws:s3:::data/m")]),
    ("s3", "CreateMultipartUpload", _AT, [("s3:PutObject", OBJECT)]),
    ("s3", "UploadPart", {**_AT, "PartNumber": 1, "UploadId": "u"}, [("s3:PutObject", OBJECT)]),
    ("s3", "ListParts", {**_AT, "UploadId": "u"}, [("s3:ListMultipartUploadParts", OBJECT)]),
    ("s3", "AbortMultipartUpload", {**_AT, "UploadId": "u"},
     [("s3:AbortMultipartUpload", OBJECT)]),
    ("s3", "CreateBucket", {"Bucket": "new", "ObjectLockEnabledForBucket": True},
     [("s3:CreateBucket", "arn:aws:s3:::new"),
      ("s3:PutBucketObjectLockConfiguration", "arn:aws:s3:::new"),
      ("s3:PutBucketVersioning", "arn:aws:s3:::new")]),
    ("s3control", "GetPublicAccessBlock", {"AccountId": ACCOUNT},
     [("s3:GetAccountPublicAccessBlock", "*")]),
]  # fmt: skip

_S = {"S": "alice"}
DATABASE: list[Row] = [
    ("dynamodb", "ListTables", {}, [("dynamodb:ListTables", "*")]),
    ("dynamodb", "GetItem", {"TableName": "t", "Key": {"id": _S}},
     [("dynamodb:GetItem", f"{TABLE}t")]),
    ("dynamodb", "GetItem", {"TableName": f"{TABLE}t", "Key": {"id": _S}},
     [("dynamodb:GetItem", f"{TABLE}t")]),
    ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"},
     [("dynamodb:Query", f"{TABLE}t/index/i")]),
    ("dynamodb", "BatchGetItem",
     {"RequestItems": {"t": {"Keys": [{"id": _S}]}, "u": {"Keys": [{"id": _S}]}}},
     [("dynamodb:BatchGetItem", f"{TABLE}t"), ("dynamodb:BatchGetItem", f"{TABLE}u")]),
    ("dynamodb", "TransactWriteItems",
     {"TransactItems": [
         {"Put": {"TableName": "t", "Item": {"id": _S}}},
         {"ConditionCheck": {"TableName": "u", "Key": {"id": _S}, "ConditionExpression": "x"}},
         {"Delete": {"TableName": "v", "Key": {"id": _S}}}]},
     [("dynamodb:PutItem", f"{TABLE}t"), ("dynamodb:ConditionCheckItem", f"{TABLE}u"),
      ("dynamodb:DeleteItem", f"{TABLE}v")]),
    ("dynamodb", "ExecuteStatement", {"Statement": 'SELECT * FROM "t"."i" WHERE id = ?'},
     [("dynamodb:PartiQLSelect", f"{TABLE}t/index/i")]),
    ("dynamodb", "ExecuteStatement", {"Statement": "select a,b\nfrom t"},
     [("dynamodb:PartiQLSelect", f"{TABLE}t")]),
    ("dynamodb", "BatchExecuteStatement",
     {"Statements": [{"Statement": 'INSERT INTO "t" VALUE {\'id\': \'a\'}'},
                     {"Statement": "UPDATE u SET a=1 WHERE id='a'"},
                     {"Statement": "DELETE FROM v WHERE id='a'"}]},
     [("dynamodb:PartiQLInsert", f"{TABLE}t"), ("dynamodb:PartiQLUpdate", f"{TABLE}u"),
      ("dynamodb:PartiQLDelete", f"{TABLE}v")]),
    ("dynamodbstreams", "GetShardIterator",
     {"StreamArn": f"{TABLE}t/stream/s", "ShardId": "s", "ShardIteratorType": "LATEST"},
     [("dynamodb:GetShardIterator", f"{TABLE}t/stream/s")]),
]  # fmt: skip

_RUN = {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-12c6146b"}
COMPUTE: list[Row] = [
    ("ec2", "DescribeInstances", {"InstanceIds": ["i-0123456789abcdef0"]},
     [("ec2:DescribeInstances", "*")]),
    ("ec2", "DescribeInstanceAttribute",
     {"InstanceId": "i-0123456789abcdef0", "Attribute": "userData"},
     [("ec2:DescribeInstanceAttribute", f"{EC2}instance/i-0123456789abcdef0")]),
    ("ec2", "TerminateInstances",
     {"InstanceIds": ["i-0123456789abcdef0", "i-0123456789abcdef1"]},
     [("ec2:TerminateInstances", f"{EC2}instance/i-0123456789abcdef0"),
      ("ec2:TerminateInstances", f"{EC2}instance/i-0123456789abcdef1")]),
    ("ec2", "RunInstances",
     {**_RUN, "KeyName": "k", "SubnetId": "subnet-0123abcd", "SecurityGroupIds": ["sg-0123abcd"],
      "IamInstanceProfile": {"Name": "web"}},
     [("ec2:RunInstances", f"{EC2}instance/*"), ("ec2:RunInstances", f"{EC2}volume/*"),
      ("ec2:RunInstances", f"{EC2}network-interface/*"),
      ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-12c6146b"),
      ("ec2:RunInstances", f"{EC2}security-group/sg-0123abcd"),
      ("ec2:RunInstances", f"{EC2}subnet/subnet-0123abcd"),
      ("ec2:RunInstances", f"{EC2}key-pair/k"), ("iam:PassRole", ROLE)]),
    ("ec2", "CreateTags", {"Resources": ["vol-0123abcd"], "Tags": [{"Key": "a", "Value": "b"}]},
     [("ec2:CreateTags", f"{EC2}volume/vol-0123abcd")]),
    ("ec2", "CreateVolume",
     {"AvailabilityZone": "us-east-1a", "SnapshotId": "snap-0123abcd", "TagSpecifications": [
         {"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}]},
     [("ec2:CreateVolume", f"{EC2}volume/*"),
      ("ec2:CreateVolume", "arn:aws:ec2:us-east-1::snapshot/snap-0123abcd"),
      ("ec2:CreateTags", f"{EC2}volume/*")]),
    ("ec2", "AssociateIamInstanceProfile",
     {"InstanceId": "i-0123456789abcdef0", "IamInstanceProfile": {
         "Arn": f"{IAM}instance-profile/p/web"}},
     [("ec2:AssociateIamInstanceProfile", f"{EC2}instance/i-0123456789abcdef0"),
      ("iam:PassRole", ROLE)]),
    ("ec2", "ReplaceIamInstanceProfileAssociation",
     {"AssociationId": "iip-assoc-0123abcd", "IamInstanceProfile": {"Name": "web"}},
     [("ec2:ReplaceIamInstanceProfileAssociation", f"{EC2}instance/*"), ("iam:PassRole", ROLE)]),
    ("ec2", "AuthorizeSecurityGroupIngress",
     {"GroupId": "sg-0123abcd", "IpPermissions": [
         {"IpProtocol": "tcp", "UserIdGroupPairs": [{"GroupId": "sg-0999aaaa"}]}]},
     [("ec2:AuthorizeSecurityGroupIngress", f"{EC2}security-group/sg-0123abcd")]),
    ("lambda", "Invoke", {"FunctionName": "f"},
     [("lambda:InvokeFunction", f"{LAMBDA}function:f")]),
    ("lambda", "Invoke", {"FunctionName": "f:live"},
     [("lambda:InvokeFunction", f"{LAMBDA}function:f:live")]),
    ("lambda", "Invoke", {"FunctionName": f"{LAMBDA}function:f", "Qualifier": "7"},
     [("lambda:InvokeFunction", f"{LAMBDA}function:f:7")]),
    ("lambda", "GetFunction", {"FunctionName": f"{ACCOUNT}:function:f", "Qualifier": "7"},
     [("lambda:GetFunction", f"{LAMBDA}function:f")]),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE, "Code": {}},
     [("lambda:CreateFunction", f"{LAMBDA}function:f"), ("iam:PassRole", ROLE)]),
    ("lambda", "UpdateFunctionConfiguration", {"FunctionName": "f", "Timeout": 3},
     [("lambda:UpdateFunctionConfiguration", f"{LAMBDA}function:f")]),
    ("lambda", "ListFunctions", {}, [("lambda:ListFunctions", "*")]),
]  # fmt: skip

_URL = f"http://127.0.0.1:5000/{ACCOUNT}/q"
MESSAGES: list[Row] = [
    ("sqs", "SendMessageBatch", {"QueueUrl": _URL, "Entries": []},
     [("sqs:SendMessage", f"{SQS}q")]),
    ("sqs", "GetQueueUrl", {"QueueName": "q", "QueueOwnerAWSAccountId": "999999999999"},
     [("sqs:GetQueueUrl", "arn:aws:sqs:us-east-1:999999999999:q")]),
    ("sqs", "CreateQueue", {"QueueName": "q", "tags": {"a": "b"}},
     [("sqs:CreateQueue", f"{SQS}q"), ("sqs:TagQueue", f"{SQS}q")]),
    ("sqs", "ListQueues", {}, [("sqs:ListQueues", "*")]),
    ("sns", "Publish", {"TopicArn": f"{SNS}t", "Message": "m"}, [("sns:Publish", f"{SNS}t")]),
    ("sns", "Publish", {"PhoneNumber": "+1555", "Message": "m"}, [("sns:Publish", "*")]),
    ("sns", "CreateTopic", {"Name": "t"}, [("sns:CreateTopic", f"{SNS}t")]),
    ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s", "logEvents": []},
     [("logs:PutLogEvents", f"{LOGS}log-group:/g:log-stream:s")]),
    ("logs", "DescribeLogStreams", {"logGroupName": "/g"},
     [("logs:DescribeLogStreams", f"{LOGS}log-group:/g:log-stream:")]),
    ("logs", "TagResource", {"resourceArn": f"{LOGS}log-group:/g", "tags": {}},
     [("logs:TagResource", f"{LOGS}log-group:/g")]),
]  # fmt: skip

SETTINGS: list[Row] = [
    ("ssm", "GetParameter", {"Name": "/app/key:3"},
     [("ssm:GetParameter", f"{SSM}parameter/app/key")]),
    ("ssm", "GetParameters", {"Names": ["a", "/b"]},
     [("ssm:GetParameters", f"{SSM}parameter/a"), ("ssm:GetParameters", f"{SSM}parameter/b")]),
    ("ssm", "GetParametersByPath", {"Path": "/app/"},
     [("ssm:GetParametersByPath", f"{SSM}parameter/app")]),
    ("ssm", "DescribeParameters", {}, [("ssm:DescribeParameters", "*")]),
    ("ssm", "SendCommand",
     {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-0123abcd", "mi-0123abcd"]},
     [("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"),
      ("ssm:SendCommand", f"{EC2}instance/i-0123abcd"),
      ("ssm:SendCommand", f"{SSM}managed-instance/mi-0123abcd")]),
    ("ssm", "StartSession", {"Target": "i-0123abcd"},
     [("ssm:StartSession", f"{EC2}instance/i-0123abcd")]),
    ("secretsmanager", "ListSecrets", {}, [("secretsmanager:ListSecrets", "*")]),
    ("secretsmanager", "GetSecretValue", {"SecretId": "none"},
     [("secretsmanager:GetSecretValue", "none")]),
    ("kms", "CreateKey", {}, [("kms:CreateKey", "*")]),
    ("kms", "ListKeys", {}, [("kms:ListKeys", "*")]),
    ("organizations", "ListAccounts", {}, [("organizations:ListAccounts", "*")]),
]  # fmt: skip

OTHERS: list[Row] = [
    ("cloudwatch", "ListMetrics", {}, [("cloudwatch:ListMetrics", "*")]),
    ("stepfunctions", "StartExecution",
     {"stateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"},
     [("states:StartExecution", f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m")]),
    ("sesv2", "ListEmailIdentities", {}, [("ses:ListEmailIdentities", "*")]),
    ("resourcegroupstaggingapi", "GetResources", {}, [("tag:GetResources", "*")]),
    ("apigateway", "GetRestApis", {},
     [("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis")]),
    ("apigateway", "DeleteStage", {"restApiId": "a1", "stageName": "prod"},
     [("apigateway:DELETE", "arn:aws:apigateway:us-east-1::/restapis/a1/stages/prod")]),
    ("apigatewayv2", "CreateApi", {"Name": "n", "ProtocolType": "HTTP"},
     [("apigateway:POST", "arn:aws:apigateway:us-east-1::/v2/apis")]),
    ("elbv2", "DescribeLoadBalancers", {}, [("elasticloadbalancing:DescribeLoadBalancers", "*")]),
]  # fmt: skip

ROWS = [*STS, *IDENTITY, *STORAGE, *DATABASE, *COMPUTE, *MESSAGES, *SETTINGS, *OTHERS]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    ROWS,
    ids=[f"{row[0]}-{row[1]}-{n}" for n, row in enumerate(ROWS)],
)
def test_a_request_is_checked_for(
    ask: Ask, service: str, operation: str, parameters: dict[str, Any], expected: Expected
) -> None:
    found = ask(service, operation, **parameters)

    assert [(check.action, check.resource) for check in found] == expected
