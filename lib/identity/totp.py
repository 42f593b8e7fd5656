"""Codes of an authenticator app: time-based one-time passwords, RFC 6238, as every such app makes them.

Six digits, SHA-1, a step of 30 seconds: apps read other values from the link and ignore them.
https://www.rfc-editor.org/rfc/rfc6238, https://github.com/google/google-authenticator/wiki/Key-Uri-Format
"""

import unicodedata
from datetime import datetime
from typing import Final

import pyotp
from pyotp.exceptions import OTPVerificationError

STEP_SECONDS: Final = 30
#: Clocks differ and people type slowly: so many steps before and after the present one are taken, RFC 6238, 5.2.
DRIFT_STEPS: Final = 1

_DIGITS: Final = 6
_LONGEST: Final = 100
_ISSUER: Final = "AI Orchestrator"


def new_secret() -> str:
    """160 random bits, RFC 4226, 4, in base 32 for people to type."""
    return pyotp.random_base32()


def app_link(secret: str, *, name: str) -> str:
    """What an authenticator app reads from the picture: the secret, and what to call it."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)


def find_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step that the code is of, or None when it is of none that is near enough.

    It may have been used: whoever asks compares the step with the last one that was taken.
    """
    if not is_code(code):
        return None
    try:
        return pyotp.TOTP(secret, interval=STEP_SECONDS).verify_and_get_timecode(
            code, for_time=now, valid_window=DRIFT_STEPS
        )
    except OTPVerificationError:
        return None


def is_code(typed: str) -> bool:
    """Whether it looks like a code of an app, and not like a recovery code."""
    return len(typed) == _DIGITS and typed.isascii() and typed.isdigit()


def clean(typed: str) -> str:
    """A code as it is compared: apps show it in groups, and keyboards of other scripts have digits of their own."""
    return "".join(unicodedata.normalize("NFKC", typed[:_LONGEST]).replace("-", " ").split()).lower()
