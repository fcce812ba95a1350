"""botocore's service models, loaded one service at a time and kept."""

from __future__ import annotations

from functools import cache

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.model import OperationModel, ServiceModel

from simulator.models import shipped_models

MODELS_BY_SIGNING_NAME: dict[str, tuple[str, ...]] = {
    "access-analyzer": ("accessanalyzer",),
    "aidevops": ("devops-agent",),
    "airflow": ("mwaa",),
    "aoss": ("opensearchserverless",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "appconfig": ("appconfig", "appconfigdata"),
    "aps": ("amp",),
    "aws-marketplace": (
        "meteringmarketplace",
        "marketplace-agreement",
        "marketplace-catalog",
        "marketplace-deployment",
        "marketplace-entitlement",
    ),
    "awsssoportal": ("sso",),
    "bedrock": ("bedrock", "bedrock-runtime", "bedrock-agent", "bedrock-agent-runtime"),
    "bedrock-agentcore": ("bedrock-agentcore", "bedrock-agentcore-control"),
    "cassandra": ("keyspaces", "keyspacesstreams"),
    "chime": (
        "chime",
        "chime-sdk-identity",
        "chime-sdk-media-pipelines",
        "chime-sdk-meetings",
        "chime-sdk-messaging",
        "chime-sdk-voice",
    ),
    "cloudcontrolapi": ("cloudcontrol",),
    "cloudhsm": ("cloudhsmv2", "cloudhsm"),
    "cloudsearch": ("cloudsearch", "cloudsearchdomain"),
    "connect": ("connect", "connect-contact-lens"),
    "connect-campaigns": ("connectcampaigns", "connectcampaignsv2"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("es", "opensearch"),
    "execute-api": ("apigatewaymanagementapi", "connectparticipant"),
    "forecast": ("forecast", "forecastquery"),
    "geo": ("location",),
    "greengrass": ("greengrass", "greengrassv2"),
    "iotdata": ("iot-data",),
    "ivs": ("ivs", "ivs-realtime"),
    "kinesisanalytics": ("kinesisanalyticsv2", "kinesisanalytics"),
    "kinesisvideo": (
        "kinesisvideo",
        "kinesis-video-archived-media",
        "kinesis-video-media",
        "kinesis-video-signaling",
        "kinesis-video-webrtc-storage",
    ),
    "lex": ("lexv2-models", "lexv2-runtime", "lex-models", "lex-runtime"),
    "mediastore": ("mediastore", "mediastore-data"),
    "mgh": ("mgh", "migrationhub-config"),
    "mobiletargeting": ("pinpoint",),
    "monitoring": ("cloudwatch",),
    "mturk-requester": ("mturk",),
    "neptune-db": ("neptunedata",),
    "payment-cryptography": ("payment-cryptography", "payment-cryptography-data"),
    "personalize": ("personalize", "personalize-events", "personalize-runtime"),
    "profile": ("customer-profiles",),
    "rds": ("rds", "neptune", "docdb"),
    "sagemaker": (
        "sagemaker",
        "sagemaker-runtime",
        "sagemaker-metrics",
        "sagemaker-a2i-runtime",
        "sagemaker-edge",
        "sagemaker-featurestore-runtime",
    ),
    "servicecatalog": ("servicecatalog", "servicecatalog-appregistry"),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2", "pinpoint-email", "mailmanager"),
    "signer": ("signer", "signer-data"),
    "sms-voice": ("pinpoint-sms-voice-v2", "pinpoint-sms-voice"),
    "sso": ("sso-admin",),
    "sso-oauth": ("sso-oidc",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
    "timestream": ("timestream-write", "timestream-query"),
    "wisdom": ("qconnect", "wisdom"),
}
"""botocore's services behind a signing name, where it is not the one of the same name."""

_loader = shipped_models()


def service_model(name: str) -> ServiceModel | None:
    """The model of a botocore service, ``None`` where there is no such service."""
    try:
        return _known_model(name)
    except (UnknownServiceError, DataNotFoundError):
        return None  # and not kept: a request may name any service


@cache
def _known_model(name: str) -> ServiceModel:
    return ServiceModel(_loader.load_service_model(name, "service-2"), name)


def models_for(signing_name: str) -> tuple[ServiceModel, ...]:
    """The models of the services that sign with this name; empty for an unknown one."""
    if not signing_name.replace("-", "").isalnum():
        return ()
    names = MODELS_BY_SIGNING_NAME.get(signing_name, (signing_name,))
    return tuple(model for name in names if (model := service_model(name)) is not None)


def protocols_of(model: ServiceModel) -> tuple[str, ...]:
    """Every wire protocol a service speaks, botocore's default first."""
    metadata = model.metadata
    return tuple(dict.fromkeys((metadata["protocol"], *metadata.get("protocols", ()))))


def operation_model(model: ServiceModel, name: str) -> OperationModel | None:
    """The model of an operation, ``None`` where the service has none of this name."""
    return model.operation_model(name) if name in _operation_names(model.service_name) else None


@cache
def needs_no_signature(signing_name: str, name: str) -> bool:
    """Whether an operation is called unsigned: its caller proves itself in a parameter, or not.

    STS's web identities and assertions, and what the users of Cognito and IAM Identity Center do.
    """
    models = (operation_model(model, name) for model in models_for(signing_name))
    return any(model is not None and model.auth_type == "none" for model in models)


@cache
def _operation_names(service: str) -> frozenset[str]:
    model = service_model(service)
    return frozenset(model.operation_names) if model else frozenset()
