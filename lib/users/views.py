"""What the pages see of other people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the organization, as far as a line about what they did says it."""

    name: str
    role: str
    #: They can't sign in any more.
    is_deactivated: bool
