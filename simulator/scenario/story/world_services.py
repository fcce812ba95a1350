"""The part of the world that policies protect: buckets, tables, secrets, functions, …."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer

from simulator.scenario.schema.world import (
    Bucket,
    BucketObject,
    Function,
    Instance,
    Key,
    OidcProvider,
    Parameter,
    Queue,
    SamlProvider,
    Secret,
    Table,
)

if TYPE_CHECKING:
    from simulator.scenario.story.world import Site


def build(site: Site) -> None:
    """Create everything that is no principal, in an order in which references resolve.

    Raises:
        WorldError: AWS refused a part of it.
    """
    _create(site, _CREATORS)


def _create(site: Site, creators: dict[str, Callable[[Any, str, Any], None]]) -> None:
    for field, create in creators.items():
        for name, declared in getattr(site.world, field).items():
            with site.part(f"{field}.{name}"):
                create(site, name, declared)


def _oidc_provider(site: Site, name: str, declared: OidcProvider | None) -> None:
    provider = site.lab.world.identity_providers.oidc(name)
    made = site.admin.client("iam").create_open_id_connect_provider(
        Url=provider.issuer, ClientIDList=(declared or OidcProvider()).audiences
    )
    site.names["oidc"][name] = {"Arn": made["OpenIDConnectProviderArn"]}


def _saml_provider(site: Site, name: str, declared: SamlProvider) -> None:
    provider = site.lab.world.identity_providers.saml(declared.issuer)
    made = site.admin.client("iam").create_saml_provider(
        Name=name, SAMLMetadataDocument=provider.metadata()
    )
    site.names["saml"][name] = {"Arn": made["SAMLProviderArn"], "Issuer": declared.issuer}


def providers(site: Site) -> None:
    """Register the identity providers the lab runs for this account; trust may name them.

    Raises:
        WorldError: AWS refused a part of it.
    """
    _create(site, _PROVIDERS)


def _bucket(site: Site, name: str, bucket: Bucket) -> None:
    s3 = site.admin.client("s3")
    s3.create_bucket(Bucket=name)
    if bucket.tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(bucket.tags)})
    for key, declared in bucket.objects.items():
        item = declared if isinstance(declared, BucketObject) else BucketObject(text=declared)
        extra = {"Tagging": "&".join(f"{k}={v}" for k, v in item.tags.items())}
        s3.put_object(
            Bucket=name,
            Key=key,
            Body=str(site.filled(item.text)).encode(),
            ContentType=item.content_type,
            **(extra if item.tags else {}),
        )
    if bucket.policy:
        s3.put_bucket_policy(Bucket=name, Policy=site.document(bucket.policy))


def _table(site: Site, name: str, table: Table) -> None:
    dynamodb = site.admin.client("dynamodb")
    keys = [table.key, *([table.sort_key] if table.sort_key else [])]
    made = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        BillingMode="PAY_PER_REQUEST",
        Tags=_tags(table.tags),
    )["TableDescription"]
    serialise = TypeSerializer().serialize
    for item in table.items:
        plain = _exact(site.filled(item))
        dynamodb.put_item(
            TableName=name, Item={key: serialise(value) for key, value in plain.items()}
        )
    if table.policy:
        dynamodb.put_resource_policy(
            ResourceArn=made["TableArn"], Policy=site.document(table.policy)
        )


def _secret(site: Site, name: str, declared: str | Secret) -> None:
    secret = declared if isinstance(declared, Secret) else Secret(text=declared)
    client = site.admin.client("secretsmanager")
    made = client.create_secret(
        Name=name,
        Description=secret.description,
        SecretString=str(site.filled(secret.text)),
        Tags=_tags(secret.tags),
    )
    if secret.policy:
        client.put_resource_policy(
            SecretId=made["ARN"], ResourcePolicy=site.document(secret.policy)
        )
    site.names["secrets"][name] = {"ARN": made["ARN"], "Name": name}


def _parameter(site: Site, name: str, declared: str | Parameter) -> None:
    parameter = declared if isinstance(declared, Parameter) else Parameter(text=declared)
    site.admin.client("ssm").put_parameter(
        Name=name, Value=str(site.filled(parameter.text)), Type=parameter.type
    )


def _queue(site: Site, name: str, queue: Queue | None) -> None:
    attributes = {"Policy": site.document(queue.policy)} if queue and queue.policy else {}
    site.admin.client("sqs").create_queue(QueueName=name, Attributes=attributes)


def _key(site: Site, name: str, declared: Key | None) -> None:
    key = declared or Key()
    kms = site.admin.client("kms")
    policy = {"Policy": site.document(key.policy)} if key.policy else {}
    made = kms.create_key(Description=key.description, **policy)["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
    site.names["keys"][name] = {"Arn": made["Arn"], "KeyId": made["KeyId"]}


def _function(site: Site, name: str, function: Function) -> None:
    site.admin.client("lambda").create_function(
        FunctionName=name,
        Runtime=function.runtime,
        Role=site.names["roles"][function.role]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": _zip_of_nothing()},
        Environment={"Variables": site.filled(function.environment)},
    )


def _instance(site: Site, name: str, instance: Instance) -> None:
    profile = {"IamInstanceProfile": {"Name": instance.profile}} if instance.profile else {}
    tags = {"Name": name, **instance.tags}
    made = site.admin.client("ec2").run_instances(
        ImageId="ami-12c6146b",
        InstanceType=instance.instance_type,
        MinCount=1,
        MaxCount=1,
        MetadataOptions={"HttpTokens": instance.http_tokens, "HttpEndpoint": "enabled"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": _tags(tags)}],
        **profile,
    )["Instances"][0]
    site.names["instances"][name] = {"InstanceId": made["InstanceId"]}


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _exact(value: Any) -> Any:
    """Floats as decimals, which is what DynamoDB's numbers are."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list) else value


def _zip_of_nothing() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


_PROVIDERS: dict[str, Callable[[Any, str, Any], None]] = {
    "oidc_providers": _oidc_provider,
    "saml_providers": _saml_provider,
}

_CREATORS: dict[str, Callable[[Any, str, Any], None]] = {
    "keys": _key,
    "buckets": _bucket,
    "tables": _table,
    "secrets": _secret,
    "parameters": _parameter,
    "queues": _queue,
    "functions": _function,
    "instances": _instance,
}
