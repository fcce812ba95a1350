"""What each answer of a soaked lab must be: a small model of IAM, written apart from the lab's.

It knows nothing of `simulator`: only users with keys, roles with a policy and perhaps a cut-off,
a bucket with objects, and the rules of AWS for them. It is told of calls in the order in which
they were served, says what the answer had to be, and follows what they changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["admin", "user", "session-token", "role"]
Expected = tuple[int, str]
"""HTTP status and error code; ``""`` where the call succeeds."""

FINE: Expected = (200, "")
DENIED: Expected = (403, "AccessDenied")
UNKNOWN: Expected = (404, "NoSuchEntity")
REVOKE = "AWSRevokeOlderSessions"
URL_SECONDS = 900
MOST_KEYS = 2
MAY_BE_FORGOTTEN = timedelta(hours=36)


@dataclass(frozen=True)
class Holder:
    """Somebody with keys.

    Attributes:
        key: access key id.
        secret: what they sign with; a forger's is wrong.
        token: session token, or ``""``.
        kind: how the keys were issued.
        name: the user's or the role's name.
        role_id: unique id of the role behind a role session.
        arn: as `GetCallerIdentity` must show it.
        issued_at, expires_at: of a session.
        forged: whether the secret is wrong.
    """

    key: str
    secret: str
    token: str
    kind: Kind
    name: str
    arn: str
    role_id: str = ""
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    forged: bool = False


@dataclass(frozen=True)
class Ask:
    """One call.

    Attributes:
        operation: AWS's name.
        holder: who signs it.
        target: name of the role or user, id of the key's user, or the object's key.
        detail: the policy's name, the key's id, the wanted status, or the object's content.
        cut_off: of a revoke policy that is put.
        seconds: life of a session that is asked for.
        signed_at: of a presigned URL.
    """

    operation: str
    holder: Holder
    target: str = ""
    detail: str = ""
    cut_off: datetime | None = None
    seconds: int = 0
    signed_at: datetime | None = None

    def __str__(self) -> str:
        who = f"{self.holder.kind} {self.holder.name} {self.holder.key}"
        return f"{self.operation} {self.target} {self.detail} {self.cut_off or ''} by {who}"


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status.
        code: AWS's error code, or ``""``.
        body: the content.
        values: elements of an XML answer by name, the last of each.
    """

    status: int
    code: str
    body: bytes = b""
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Role:
    """A role: its unique id, whether its policy allows S3, and its cut-off."""

    unique_id: str
    permits: bool = False
    cut_off: datetime | None = None


@dataclass
class User:
    """A user: keys by id and whether active, whether denied everything, and the cut-off."""

    keys: dict[str, bool] = field(default_factory=dict)
    denied: bool = False
    cut_off: datetime | None = None


@dataclass
class Model:
    """The state of the world as far as calls have been judged."""

    account: str
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    """Whether the bucket's policy denies everybody to get objects."""

    def judge(self, ask: Ask, answer: Answer, at: datetime) -> tuple[str, Holder | None]:
        """Say what is wrong with an answer, and follow what the call changed.

        Args:
            ask: the call.
            answer: what came back.
            at: lab time at which it was served.

        Returns:
            ``""`` or the complaint, and who holds the keys that the call handed out.
        """
        allowed = self.expected(ask, at)
        got = (answer.status, answer.code)
        if got not in allowed:
            wanted = " or ".join(f"{status} {code}".strip() for status, code in allowed)
            return f"{at:%m-%d %H:%M:%S} {ask}: {got}, must be {wanted}", None
        if answer.code:
            return "", None
        return _EFFECTS.get(ask.operation, _nothing)(self, ask, answer, at)

    def expected(self, ask: Ask, at: datetime) -> tuple[Expected, ...]:
        """Every right answer to a call served at `at`; nearly always one."""
        s3 = ask.operation in _ON_S3
        if ask.signed_at and at - ask.signed_at > timedelta(seconds=URL_SECONDS):
            return (DENIED,)
        holder = ask.holder
        nobody: Expected = (403, "InvalidAccessKeyId" if s3 else "InvalidClientTokenId")
        if holder.kind == "user" and not self.users[holder.name].keys.get(holder.key):
            return (nobody,)
        if holder.expires_at and at >= holder.expires_at:
            over: Expected = (400 if s3 else 403, "ExpiredToken")
            return (over, nobody) if at > holder.expires_at + MAY_BE_FORGOTTEN else (over,)
        if holder.forged:
            return ((403, "SignatureDoesNotMatch"),)
        if ask.operation == "GetCallerIdentity":
            return (FINE,)
        if ask.operation == "GetSessionToken":
            # No policy controls it, and no session may call it.
            return (FINE if holder.kind == "user" else DENIED,)
        if not self._permitted(ask):
            return (DENIED,)
        outcome = _OUTCOMES.get(ask.operation)
        return (outcome(self, ask) if outcome else FINE,)

    def _permitted(self, ask: Ask) -> bool:
        holder = ask.holder
        if self.closed and ask.operation == "GetObject":
            return False
        if holder.kind == "admin":
            return True
        if holder.kind == "role":
            role = self.roles.get(holder.name)
            if role is None or role.unique_id != holder.role_id or not role.permits:
                return False
            return ask.operation in _ON_S3 and not _cut_off(holder, role.cut_off)
        user = self.users[holder.name]
        if user.denied or _cut_off(holder, user.cut_off):
            return False
        return ask.operation in _ON_S3 or ask.operation == "AssumeRole"


def _cut_off(holder: Holder, moment: datetime | None) -> bool:
    return moment is not None and holder.issued_at is not None and holder.issued_at < moment


# -- what a permitted call comes to -----------------------------------------------------------


def _assume_role(model: Model, ask: Ask) -> Expected:
    return FINE if ask.target in model.roles else DENIED


def _get_object(model: Model, ask: Ask) -> Expected:
    return FINE if ask.target in model.objects else (404, "NoSuchKey")


def _create_role(model: Model, ask: Ask) -> Expected:
    return (409, "EntityAlreadyExists") if ask.target in model.roles else FINE


def _delete_role(model: Model, ask: Ask) -> Expected:
    role = model.roles.get(ask.target)
    if role is None:
        return UNKNOWN
    return (409, "DeleteConflict") if role.permits or role.cut_off else FINE


def _put_role_policy(model: Model, ask: Ask) -> Expected:
    return FINE if ask.target in model.roles else UNKNOWN


def _delete_role_policy(model: Model, ask: Ask) -> Expected:
    role = model.roles.get(ask.target)
    if role is None:
        return UNKNOWN
    return FINE if (role.cut_off if ask.detail == REVOKE else role.permits) else UNKNOWN


def _delete_user_policy(model: Model, ask: Ask) -> Expected:
    user = model.users[ask.target]
    return FINE if (user.cut_off if ask.detail == REVOKE else user.denied) else UNKNOWN


def _create_access_key(model: Model, ask: Ask) -> Expected:
    full = len(model.users[ask.target].keys) >= MOST_KEYS
    return (409, "LimitExceeded") if full else FINE


def _change_access_key(model: Model, ask: Ask) -> Expected:
    return FINE if _key(ask) in model.users[ask.target].keys else UNKNOWN


def _key(ask: Ask) -> str:
    return ask.detail.partition(" ")[0]


_OUTCOMES: dict[str, Callable[[Model, Ask], Expected]] = {
    "AssumeRole": _assume_role,
    "GetObject": _get_object,
    "CreateRole": _create_role,
    "DeleteRole": _delete_role,
    "PutRolePolicy": _put_role_policy,
    "DeleteRolePolicy": _delete_role_policy,
    "DeleteUserPolicy": _delete_user_policy,
    "CreateAccessKey": _create_access_key,
    "UpdateAccessKey": _change_access_key,
    "DeleteAccessKey": _change_access_key,
    "DeleteBucketPolicy": lambda *_: (204, ""),
    "PutBucketPolicy": lambda *_: (204, ""),
}
_ON_S3 = frozenset({"ListBuckets", "GetObject", "PutObject", "PutBucketPolicy"}) | {
    "DeleteBucketPolicy"
}


# -- what it changes --------------------------------------------------------------------------

_Effect = tuple[str, Holder | None]


def _nothing(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    return "", None


def _identity(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    told = answer.values.get("Arn")
    return ("" if told == ask.holder.arn else f"{ask}: it is told to be {told}"), None


def _got(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    held = model.objects[ask.target].encode()
    return ("" if answer.body == held else f"{ask}: got {answer.body!r}, not {held!r}"), None


def _put(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    model.objects[ask.target] = ask.detail
    return "", None


def _issued(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    """A session: its values, its end, and who it is."""
    issued_at = at.replace(microsecond=0)
    expires_at = issued_at + timedelta(seconds=ask.seconds)
    told = answer.values
    if datetime.fromisoformat(told["Expiration"]) != expires_at:
        return f"{ask}: it ends at {told['Expiration']}, not at {expires_at}", None
    role = model.roles[ask.target] if ask.operation == "AssumeRole" else None
    if role is None:
        name, kind, arn = ask.holder.name, "session-token", ask.holder.arn
    else:
        name, kind = ask.target, "role"
        arn = f"arn:aws:sts::{model.account}:assumed-role/{ask.target}/{ask.detail}"
        if (told["Arn"], told["AssumedRoleId"]) != (arn, f"{role.unique_id}:{ask.detail}"):
            return f"{ask}: it is told to be {told['Arn']} {told['AssumedRoleId']}", None
    return "", Holder(
        key=told["AccessKeyId"],
        secret=told["SecretAccessKey"],
        token=told["SessionToken"],
        kind="role" if kind == "role" else "session-token",
        name=name,
        arn=arn,
        role_id=role.unique_id if role else "",
        issued_at=issued_at,
        expires_at=expires_at,
    )


def _role_created(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    model.roles[ask.target] = Role(answer.values["RoleId"])
    return "", None


def _role_deleted(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    del model.roles[ask.target]
    return "", None


def _role_policy(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    role = model.roles[ask.target]
    if ask.detail == REVOKE:
        role.cut_off = ask.cut_off
    else:
        role.permits = ask.operation.startswith("Put")
    return "", None


def _user_policy(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    user = model.users[ask.target]
    if ask.detail == REVOKE:
        user.cut_off = ask.cut_off
    else:
        user.denied = ask.operation.startswith("Put")
    return "", None


def _key_created(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    told = answer.values
    model.users[ask.target].keys[told["AccessKeyId"]] = True
    arn = f"arn:aws:iam::{model.account}:user/{ask.target}"
    return "", Holder(told["AccessKeyId"], told["SecretAccessKey"], "", "user", ask.target, arn)


def _key_changed(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    key, _, status = ask.detail.partition(" ")
    model.users[ask.target].keys[key] = status == "Active"
    return "", None


def _key_deleted(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    del model.users[ask.target].keys[_key(ask)]
    return "", None


def _bucket_policy(model: Model, ask: Ask, answer: Answer, at: datetime) -> _Effect:
    model.closed = ask.operation.startswith("Put")
    return "", None


_EFFECTS: dict[str, Callable[[Model, Ask, Answer, datetime], _Effect]] = {
    "GetCallerIdentity": _identity,
    "GetObject": _got,
    "PutObject": _put,
    "AssumeRole": _issued,
    "GetSessionToken": _issued,
    "CreateRole": _role_created,
    "DeleteRole": _role_deleted,
    "PutRolePolicy": _role_policy,
    "DeleteRolePolicy": _role_policy,
    "PutUserPolicy": _user_policy,
    "DeleteUserPolicy": _user_policy,
    "CreateAccessKey": _key_created,
    "UpdateAccessKey": _key_changed,
    "DeleteAccessKey": _key_deleted,
    "PutBucketPolicy": _bucket_policy,
    "DeleteBucketPolicy": _bucket_policy,
}
