"""What an organization's `security_settings` say about signing in, with what holds where they say nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

#: However busy it is kept, a session ends after this.
LONGEST_SESSION: Final = timedelta(days=30)

#: So long after a right password its code is waited for.
LONGEST_PENDING: Final = timedelta(minutes=5)

# The bounds that `lib.organizations.structures` keeps when settings are written, and what is read keeps as well.
DEFAULT_TIMEOUT_SECONDS: Final = 3600
SHORTEST_TIMEOUT_SECONDS: Final = 300
LONGEST_TIMEOUT_SECONDS: Final = int(LONGEST_SESSION.total_seconds())
DEFAULT_PASSWORD_LENGTH: Final = 12
LEAST_PASSWORD_LENGTH: Final = 8
MOST_PASSWORD_LENGTH: Final = 128
#: Days that people have to set up a second factor once it is required; api.find_living_session counts them.
DEFAULT_GRACE_DAYS: Final = 7
MOST_GRACE_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class SecurityPolicy:
    """The rules of one organization. The defaults are those of an organization that has set nothing."""

    #: A session that nobody uses ends after this.
    session_timeout: timedelta = timedelta(seconds=DEFAULT_TIMEOUT_SECONDS)
    min_password_length: int = DEFAULT_PASSWORD_LENGTH
    #: Domains that addresses of its people are of; none means any.
    email_domains: tuple[str, ...] = ()

    @property
    def touch_after(self) -> timedelta:
        """How old a session's `last_seen_at` may be before it is written again."""
        return min(timedelta(minutes=1), self.session_timeout / 10)


def read_policy(security_settings: Mapping[str, Any]) -> SecurityPolicy:
    """Read the stored settings. What makes no sense there is taken as the nearest thing that does."""
    timeout = _whole_number(security_settings.get("session_timeout"), default=DEFAULT_TIMEOUT_SECONDS)
    length = _whole_number(security_settings.get("min_password_length"), default=DEFAULT_PASSWORD_LENGTH)
    return SecurityPolicy(
        session_timeout=timedelta(seconds=min(max(timeout, SHORTEST_TIMEOUT_SECONDS), LONGEST_TIMEOUT_SECONDS)),
        min_password_length=min(max(length, LEAST_PASSWORD_LENGTH), MOST_PASSWORD_LENGTH),
        email_domains=tuple(domain for domain in _listed(security_settings.get("email_domains")) if domain),
    )


def _listed(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _whole_number(value: object, *, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
