"""The operations the lab answers itself: what to verify first, and what to do then."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.gateway import simulate
from simulator.gateway.credential_report import get_credential_report
from simulator.gateway.handlers import Own
from simulator.gateway.service_credentials import list_service_specific_credentials
from simulator.gateway.user_boundary import (
    delete_user_permissions_boundary,
    put_user_permissions_boundary,
)
from simulator.sts import assume_role, identity, saml, user_sessions, web_identity

OPERATIONS: Mapping[tuple[str, str], Own] = {
    ("sts", "GetCallerIdentity"): Own(identity.get_caller_identity),
    ("sts", "GetAccessKeyInfo"): Own(identity.get_access_key_info, identity.prepare),
    ("sts", "DecodeAuthorizationMessage"): Own(identity.decode_message, identity.prepare),
    ("sts", "AssumeRole"): Own(assume_role.assume_role, assume_role.prepare),
    ("sts", "AssumeRoleWithWebIdentity"): Own(
        web_identity.assume_role_with_web_identity, web_identity.prepare
    ),
    ("sts", "AssumeRoleWithSAML"): Own(saml.assume_role_with_saml, saml.prepare),
    ("sts", "GetSessionToken"): Own(
        user_sessions.get_session_token, user_sessions.prepare_session_token
    ),
    ("sts", "GetFederationToken"): Own(
        user_sessions.get_federation_token, user_sessions.prepare_federation_token
    ),
    ("iam", "PutUserPermissionsBoundary"): Own(put_user_permissions_boundary, identity.prepare),
    ("iam", "DeleteUserPermissionsBoundary"): Own(delete_user_permissions_boundary),
    ("iam", "GetCredentialReport"): Own(get_credential_report),
    ("iam", "ListServiceSpecificCredentials"): Own(list_service_specific_credentials),
    ("iam", "GetContextKeysForCustomPolicy"): Own(simulate.context_keys_for_custom_policy),
    ("iam", "GetContextKeysForPrincipalPolicy"): Own(simulate.context_keys_for_principal_policy),
    ("iam", "SimulatePrincipalPolicy"): Own(simulate.simulate_principal_policy),
    ("iam", "SimulateCustomPolicy"): Own(simulate.simulate_custom_policy),
}
