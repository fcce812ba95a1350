"""What follows a user who gets another name or path: its keys, its tags, policies that name it.

Source: IAM User Guide, "Rename an IAM user": IAM changes the ARN in policies of which the user is
the principal, and nothing else.
"""

from __future__ import annotations

from simulator.backend.forgetting import forget_principal
from simulator.backend.held import held


def user_renamed(account: str, old_arn: str, name: str) -> str | None:
    """Have a user's keys, tags and those who trust it follow, which moto does not.

    Args:
        account: the user's.
        old_arn: what the user was called by until now.
        name: the name it has now.

    Returns:
        The user's ARN as it is now; ``None``: there is no such user.
    """
    iam = held("iam", account)
    user = iam.users.get(name)
    if user is None:
        return None
    for key in user.access_keys:
        key.user_name = name
    if user.arn != old_arn:
        iam.tagger.copy_tags(old_arn, user.arn)
        iam.tagger.delete_all_tags_for_resource(old_arn)
        forget_principal(old_arn, user.arn)
    return str(user.arn)
