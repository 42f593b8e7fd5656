"""A second factor as a person has one: an authenticator app, and recovery codes on paper."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from lib import clock
from lib.access.actor import Actor
from lib.identity import second_factor
from lib.identity.sessions import Enrollee
from lib.identity.totp import STEP_SECONDS
from tests.cast import PASSWORD


@dataclass(frozen=True, slots=True)
class Factor:
    """What the person holds."""

    secret: str
    recovery_codes: tuple[str, ...]

    def code(self, *, steps: int = 0, at: datetime | None = None) -> str:
        """What the app shows now, or so many steps of half a minute later."""
        return code_of(self.secret, steps=steps, at=at)


def code_of(secret: str, *, steps: int = 0, at: datetime | None = None) -> str:
    """What an app that has the secret shows."""
    return pyotp.TOTP(secret).at((at or clock.now()) + timedelta(seconds=STEP_SECONDS * steps))


def enrol(who: Actor | Enrollee) -> Factor:
    """Set up a second factor; the code of the step before is used up by it, so the present one is still good."""
    secret = second_factor.begin(who, password=PASSWORD).secret
    return Factor(secret, second_factor.confirm(who, code_of(secret, steps=-1)))
