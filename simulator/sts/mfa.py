"""MFA: virtual devices whose six digits follow lab time.

The device is moto's, with a seed of its own; the code is checked by pyotp.
Source: IAM User Guide, "Secure API access with MFA"; RFC 6238 (TOTP).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from simulator.backend.registered import mfa_seed
from simulator.gateway.stages import AwsError, Call, Caller, Operation, Presented
from simulator.gateway.world import World

STEP = timedelta(seconds=30)
_STEPS_OF_DRIFT = 1

_HALF_GIVEN = (
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)
_WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."
_WRONG_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA "
    "serial number is valid and associated with this user."
)
_NOT_CONSECUTIVE = "Authentication code for device is not valid."


def code(world: World, serial: str, steps: int = 0) -> str:
    """The six digits a virtual MFA device shows.

    Args:
        world: where the device is; its clock says when.
        serial: `SerialNumber` of the device: its ARN.
        steps: 1 for the next code, -1 for the one before.

    Raises:
        KeyError: there is no such virtual device.
    """
    seed = mfa_seed(serial)
    if seed is None:
        raise KeyError(f"no virtual MFA device {serial}")
    return _digits(seed, world.clock.now() + steps * STEP)


def present_mfa(call: Call, world: World) -> Presented:
    """What `SerialNumber` and `TokenCode` of a request prove.

    Returns:
        ``aws:MultiFactorAuthPresent`` and ``…Age``, and the fact ``mfa_at``; nothing where the
        request has neither parameter.

    Raises:
        AwsError: 403 `AccessDenied`, in the words of what is wrong.
    """
    parameters = call.operation.parameters
    serial, given = parameters.get("SerialNumber"), parameters.get("TokenCode")
    if serial is None and given is None:
        return Presented()
    if serial is None or given is None:
        raise AwsError("AccessDenied", _HALF_GIVEN, 403)
    seed = _device_of_caller(call.caller, str(serial), world)
    if seed is None:
        raise AwsError("AccessDenied", _WRONG_DEVICE, 403)
    if not _used_up(seed, str(given), call.wire.at, world):
        raise AwsError("AccessDenied", _WRONG_CODE, 403)
    return Presented(
        context={"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"},
        facts={"mfa_at": call.wire.at.replace(microsecond=0)},
    )


def check_enabling(operation: Operation, caller: Caller, world: World) -> None:
    """`EnableMFADevice` wants two consecutive codes of the device.

    Raises:
        AwsError: 403 `InvalidAuthenticationCode`; 404 `NoSuchEntity`.
    """
    serial = str(operation.parameters.get("SerialNumber", ""))
    seed = mfa_seed(serial)
    if seed is None:
        raise AwsError(
            "NoSuchEntity", f"VirtualMFADevice with serial number {serial} does not exist.", 404
        )
    first = str(operation.parameters.get("AuthenticationCode1", ""))
    second = str(operation.parameters.get("AuthenticationCode2", ""))
    now = world.clock.now()
    for step in range(-_STEPS_OF_DRIFT - 1, _STEPS_OF_DRIFT + 1):
        at = now + step * STEP
        if (first, second) == (_digits(seed, at), _digits(seed, at + STEP)):
            return
    raise AwsError("InvalidAuthenticationCode", _NOT_CONSECUTIVE, 403)


def _device_of_caller(caller: Caller, serial: str, world: World) -> str | None:
    """The seed of a device that is enabled for the calling user.

    Root's is the virtual device of that name: the console, which alone enables it at AWS, has
    no API to do so.
    """
    credential = caller.credential
    if credential is not None and credential.kind == "root":
        own = f"arn:aws:iam::{credential.account}:mfa/root-account-mfa-device"
        return mfa_seed(serial) if serial == own else None
    if credential is None or credential.kind != "user":
        return None
    user = world.backend.user(credential.account, credential.name)
    if user is None or serial not in user.mfa_serials:
        return None
    return mfa_seed(serial)


def _used_up(seed: str, given: str, at: datetime, world: World) -> bool:
    """Whether a code is the device's now, or its neighbour's, as clocks drift; and was unused.

    A code is good once: RFC 6238, section 5.2.
    """
    now = int(at.timestamp() // STEP.total_seconds())
    fresh = {step for step in world.codes_used.get(seed, ()) if step >= now - _STEPS_OF_DRIFT}
    for step in range(now - _STEPS_OF_DRIFT, now + _STEPS_OF_DRIFT + 1):
        if step not in fresh and given == _digits(seed, at + (step - now) * STEP):
            world.codes_used[seed] = fresh | {step}
            return True
    return False


def _digits(seed: str, at: datetime) -> str:
    import pyotp

    return pyotp.TOTP(seed).at(int(at.timestamp()))
