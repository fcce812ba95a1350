"""Services that speak CBOR, and those the backend does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import model
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import Town, allow


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


@pytest.fixture
def cbor(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore prefers CBOR where a service speaks it, as other SDKs do."""
    name = "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS"
    monkeypatch.setattr(model, name, ("smithy-rpc-v2-cbor", *getattr(model, name)))


def client(lab: Lab, service: str, who: Actor) -> Any:
    assert who.keys is not None
    make: Any = boto3.client
    return make(
        service,
        region_name="us-east-1",
        endpoint_url=lab.endpoint_url,
        aws_access_key_id=who.keys.access_key_id,
        aws_secret_access_key=who.keys.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


ALARM: dict[str, Any] = {
    "AlarmName": "a",
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "MetricName": "m",
    "Namespace": "n",
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 5.0,
    "Tags": [{"Key": "é", "Value": ""}],
}


@pytest.mark.usefixtures("cbor")
def test_a_cbor_client_makes_and_reads_what_a_json_client_does(lab: Lab) -> None:
    watcher = client(lab, "cloudwatch", lab.admin)
    sent: list[str] = []
    watcher.meta.events.register("before-send", lambda request, **_: sent.append(request.url))
    watcher.put_metric_alarm(**ALARM)
    (alarm,) = watcher.describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    assert {name: alarm[name] for name in ("Threshold", "Period")} == {"Threshold": 5, "Period": 60}
    assert alarm["AlarmConfigurationUpdatedTimestamp"] == lab.clock.now()
    watcher.put_metric_data(
        Namespace="n",
        MetricData=[{"MetricName": "m", "Value": 1.5, "Timestamp": lab.clock.now()}] * 40,
    )
    assert watcher.list_metrics(Namespace="n")["Metrics"][0]["MetricName"] == "m"
    assert all("/service/GraniteServiceVersion20100801/operation/" in url for url in sent)
    assert lab.trail.records()[-1].parameters == {"Namespace": "n"}


@pytest.mark.usefixtures("cbor")
def test_a_cbor_client_reads_the_services_own_errors_and_denials(lab: Lab) -> None:
    watcher = client(lab, "cloudwatch", lab.admin)
    with pytest.raises(watcher.exceptions.ResourceNotFound, match="Dashboard does not exist"):
        watcher.get_dashboard(DashboardName="x")
    nobody = client(lab, "cloudwatch", Town(lab).user("nobody"))
    with pytest.raises(ClientError, match="is not authorized to perform: cloudwatch:PutMetric"):
        nobody.put_metric_alarm(**ALARM)


@pytest.mark.usefixtures("cbor")
def test_what_a_cbor_body_says_is_on_the_trail(lab: Lab) -> None:
    arn = "arn:aws:codebuild:us-east-1:111122223333:project/mine"
    builder = client(lab, "resourcegroupstaggingapi", Town(lab).user("t", allow("tag:*")))
    assert builder.get_resources(ResourceARNList=[arn])["ResourceTagMappingList"] == []
    assert lab.trail.records()[-1].parameters == {"ResourceARNList": [arn]}


@pytest.mark.usefixtures("cbor")
def test_wrong_types_in_cbor_are_refused(lab: Lab) -> None:
    assert lab.admin.keys
    make: Any = boto3.client
    loose = make(
        "cloudwatch",
        region_name="us-east-1",
        endpoint_url=lab.endpoint_url,
        aws_access_key_id=lab.admin.keys.access_key_id,
        aws_secret_access_key=lab.admin.keys.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )

    def spoil(params: dict[str, Any], **_: Any) -> None:
        params["body"] = b"\xa1jAlarmNames\x05"  # a number for a list

    loose.meta.events.register("before-call", spoil)
    with pytest.raises(ClientError) as caught:
        loose.describe_alarms()
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Code"] == "SerializationException"


@pytest.mark.parametrize(
    ("service", "name", "text"),
    [
        ("fms", "list_policies", "does not do ListPolicies: it has no fms"),
        (
            "accessanalyzer",
            "list_analyzers",
            "does not do ListAnalyzers: it has no access-analyzer",
        ),
        ("lambda", "list_capacity_providers", "ListCapacityProviders: it has no such call"),
    ],
)
def test_what_the_backend_does_not_have_is_said_in_one_line_to_the_caller_alone(
    lab: Lab, capfd: pytest.CaptureFixture[str], service: str, name: str, text: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client(lab, service, lab.admin), name)()
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert response["Error"]["Code"] == "NotImplemented"
    assert text in response["Error"]["Message"]
    assert capfd.readouterr() == ("", "")


def test_the_json_protocols_have_one_status_for_whatever_is_wrong_with_a_request(
    lab: Lab,
) -> None:
    for service, operation, given, code in (
        ("secretsmanager", "GetSecretValue", {"SecretId": "none"}, "ResourceNotFoundException"),
        ("ssm", "GetParameter", {"Name": "none"}, "ParameterNotFound"),
        ("kms", "DescribeKey", {"KeyId": "none"}, "NotFoundException"),
        ("dynamodb", "DescribeTable", {"TableName": "none"}, "ResourceNotFoundException"),
        ("logs", "DescribeLogStreams", {"logGroupName": "none"}, "ResourceNotFoundException"),
        ("ecs", "DescribeServices", {"services": ["s"]}, "ClusterNotFoundException"),
    ):
        refused = lab.admin.call(service, operation, given)
        assert (refused.status, refused.error_code) == (400, code)
