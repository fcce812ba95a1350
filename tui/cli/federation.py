"""`stslab token`, `assertion` and `saml-metadata`: a lab's identity providers, from outside."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tui.cli.errors import InputError
from tui.cli.output import say
from tui.cli.serving import DEFAULT_ENDPOINT

Endpoint = Annotated[
    str, typer.Option(metavar="URL", envvar="STSLAB_ENDPOINT", help="The running endpoint.")
]
ControlToken = Annotated[
    str | None,
    typer.Option(
        "--control-token",
        envvar="STSLAB_TOKEN",
        help="Control token of an endpoint beyond loopback.",
    ),
]
Who = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Somebody of the scenario: as the story has it."),
]
Which = Annotated[
    str | None, typer.Option("--name", help="With --as: which of theirs, by the story's name.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("token")(token)
    app.command("assertion")(assertion)
    app.command("saml-metadata")(saml_metadata)


def token(
    who: Who = None,
    name: Which = None,
    provider: Annotated[
        str | None, typer.Option(metavar="ISSUER", help="A registered one: https://ci.example.com.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--sub", help="Whom the provider says this is.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--aud", help="Whom it is for; sts.amazonaws.com without it.")
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A further claim; repeatable.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(help="Until it expires, in lab time.")] = None,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    control_token: ControlToken = None,
) -> None:
    """Print a signed JWT of an OIDC provider.

    For `--web-identity-token`. `stslab token --as job` in a scenario, or `stslab token --provider
    https://ci.example.com --sub repo:me/shop` once that provider is registered.
    """
    if who is None:
        _needed("token", **{"--provider": provider, "--sub": subject})
    claims = {"sub": subject, "aud": audience} | _pairs(claim, "--claim")
    asked = {"as": who, "name": name, "provider": provider, "seconds": seconds}
    _issue("token", asked | {"claims": _given(claims)}, endpoint, control_token)


def assertion(
    who: Who = None,
    name: Which = None,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME|ARN", help="The registered SAML provider.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(metavar="ARN", help="The role the provider offers.")
    ] = None,
    name_id: Annotated[
        str | None, typer.Option("--name-id", help="Whom it is about; also the session's name.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="RoleSessionName, SessionDuration, PrincipalTag:team …"
        ),
    ] = None,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    control_token: ControlToken = None,
) -> None:
    """Print a signed assertion of a SAML provider.

    For `--saml-assertion`; good for five minutes of lab time. `stslab assertion --as erin` in a
    scenario.
    """
    if who is None:
        _needed("assertion", **{"--provider": provider, "--role": role, "--name-id": name_id})
    asked = {"as": who, "name": name, "provider": provider, "role_arn": role, "name_id": name_id}
    attributes = _pairs(attribute, "--attribute")
    _issue("assertion", asked | {"attributes": attributes}, endpoint, control_token)


def saml_metadata(
    issuer: Annotated[
        str, typer.Argument(metavar="[ENTITYID]", help="What the provider calls itself.")
    ] = "https://idp.example.com/saml",
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    control_token: ControlToken = None,
) -> None:
    """Print the metadata of a SAML provider."""
    from tui.cli.control import request

    asked = {"issuer": issuer}
    answer = request(endpoint, "POST", "saml-metadata", asked, control_token, "metadata")
    say(answer["metadata"])


def _issue(kind: str, asked: dict[str, Any], endpoint: str, control_token: str | None) -> None:
    from tui.cli.control import request

    say(request(endpoint, "POST", kind, _given(asked), control_token, kind)[kind])


def _needed(kind: str, **options: str | None) -> None:
    missing = [option for option, value in options.items() if value is None]
    if missing:
        raise InputError(f"{kind}: give {', '.join(missing)}; or --as, for somebody of a scenario")


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _pairs(given: list[str] | None, option: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given or ():
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise InputError(f"{option}: {text!r} is not NAME=VALUE")
        found[name] = value
    return found
