"""An OpenID Connect provider that signs real JWTs (RS256).

Source: OpenID Connect Core 1.0, section 2 (ID token); OpenID Connect Discovery 1.0, section 3;
RFC 7517 (JWK sets).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator.identity_providers.keys import private_key

ALGORITHM = "RS256"
DEFAULT_AUDIENCE = "sts.amazonaws.com"
DEFAULT_LIFETIME = timedelta(minutes=10)

TAGS_CLAIM = "https://aws.amazon.com/tags"
"""Session tags in a token: ``{"principal_tags": {key: [value]}, "transitive_tag_keys": […]}``."""

SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity"


@dataclass(frozen=True)
class OidcProvider:
    """One issuer with one signing key.

    Attributes:
        issuer: its URL, as ``iss`` has it.
        withdrawn: ``jti`` of tokens it no longer stands by (it rejects their claims).
    """

    issuer: str
    withdrawn: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Host and path: what condition keys and the provider's ARN are called after."""
        return self.issuer.partition("://")[2].rstrip("/")

    @property
    def key_id(self) -> str:
        """``kid`` of its key."""
        return hashlib.sha256(self.issuer.encode()).hexdigest()[:16]

    def token(
        self,
        subject: str,
        *,
        now: datetime,
        audience: str | list[str] = DEFAULT_AUDIENCE,
        lifetime: timedelta = DEFAULT_LIFETIME,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed token.

        Args:
            subject: ``sub``: who the provider says this is.
            now: lab time; ``iat``.
            audience: ``aud``: for whom it is meant.
            lifetime: until ``exp``.
            claims: further claims, which may also replace those above.
        """
        import jwt

        content: dict[str, Any] = {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": hashlib.sha256(f"{subject} {now.isoformat()}".encode()).hexdigest()[:32],
            **(claims or {}),
        }
        key = private_key(self.issuer)
        return jwt.encode(content, key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def key_set(self) -> dict[str, Any]:
        """Its public keys as a JWK set."""
        from jwt.algorithms import RSAAlgorithm

        key = RSAAlgorithm.to_jwk(private_key(self.issuer).public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}]}

    def documents(self, base: str) -> dict[str, dict[str, Any]]:
        """What it serves under a URL: the discovery document and the key set, by their URLs."""
        base = base.rstrip("/")
        keys_url = f"{base}/.well-known/jwks.json"
        discovery = {
            "issuer": self.issuer,
            "jwks_uri": keys_url,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti"],
        }
        return {f"{base}/.well-known/openid-configuration": discovery, keys_url: self.key_set()}
