"""The identity providers the lab runs: OIDC issuers and SAML 2.0 providers with real keys.

They stand for what is outside AWS: a CI system that hands a job a JWT, a company's login page
that signs assertions.  An account trusts one only once it has registered it with
`CreateOpenIDConnectProvider` or `CreateSAMLProvider`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from simulator.identity_providers.issuing import digest
from simulator.identity_providers.oidc import OidcProvider
from simulator.identity_providers.saml import SamlProvider

if TYPE_CHECKING:
    from simulator.gateway.stages import WireRequest, WireResponse

MOST_HANDED = 10_000
"""Of how many tokens and assertions it is remembered for whom they were made; the newest."""

PREFIX = "/oidc/"
"""Where the endpoint serves the documents of its OIDC providers."""


class IdentityProviders:
    """The providers of one world, made when first asked for."""

    def __init__(self) -> None:
        self._oidc: dict[str, OidcProvider] = {}
        self._saml: dict[str, SamlProvider] = {}
        self._handed: dict[str, str] = {}

    def oidc(self, issuer: str) -> OidcProvider:
        """The OIDC provider with this issuer.

        Args:
            issuer: its URL, or host and path (``ci.example.com`` is ``https://ci.example.com``).
                Nothing needs to answer there: the lab knows its own providers' keys.
                ``f"{lab.endpoint_url}/oidc/ci"`` is one that does answer.
        """
        url = issuer if "://" in issuer else f"https://{issuer}"
        return self._oidc.setdefault(url, OidcProvider(url))

    def saml(self, issuer: str) -> SamlProvider:
        """The SAML provider with this EntityID, ``https://idp.example.com/saml``."""
        return self._saml.setdefault(issuer, SamlProvider(issuer))

    def find_oidc(self, issuer: str) -> OidcProvider | None:
        """The provider of the lab with exactly this issuer; ``None``: the lab runs none."""
        return self._oidc.get(issuer)

    def find_saml(self, issuer: str) -> SamlProvider | None:
        """The provider of the lab with exactly this EntityID; ``None``: the lab runs none."""
        return self._saml.get(issuer)

    def hand(self, proof: str, actor: str) -> None:
        """Remember that a token or an assertion was made for somebody of a story."""
        self._handed[digest(proof)] = actor
        if len(self._handed) > MOST_HANDED:  # a tool that asks anew each time, for days
            del self._handed[next(iter(self._handed))]

    def handed(self, proof: str) -> str | None:
        """For whom a token or an assertion was made, where it was made for somebody."""
        return self._handed.get(digest(proof))

    def clear(self) -> None:
        """Forget every provider (a new world)."""
        self._handed.clear()
        self._oidc.clear()
        self._saml.clear()

    def page(self, wire: WireRequest) -> WireResponse | None:
        """The discovery document or key set of a provider, where a request asks for one.

        A provider is found under ``/oidc/<host and path of its issuer>`` and, where its issuer
        is a URL of this endpoint, there.  ``None``: the request is something else.
        """
        from simulator.gateway.stages import WireResponse

        if wire.method != "GET" or not wire.raw_path.startswith(PREFIX):
            return None
        for provider in tuple(self._oidc.values()):
            for base in (provider.issuer, f"http://{wire.host}{PREFIX}{provider.name}"):
                document = provider.documents(base).get(f"http://{wire.host}{wire.raw_path}")
                if document is not None:
                    body = json.dumps(document).encode()
                    headers = (
                        ("Content-Type", "application/json"),
                        ("Content-Length", str(len(body))),
                    )
                    return WireResponse(200, headers, body)
        return None


__all__ = ["IdentityProviders", "OidcProvider", "SamlProvider"]
