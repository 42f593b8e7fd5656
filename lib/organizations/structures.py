"""The JSON structure of an organization's settings; the specification's keys are verbatim."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lib.identity import policy
from lib.validation import read_stored


class _Structure(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class NotificationPreferences(_Structure):
    """Where the organization wants to be told things."""

    email: bool = True
    slack: bool = False


class SecuritySettings(_Structure):
    """What sign-in asks of the organization's people."""

    require_2fa: bool = False
    #: Seconds without a sign of life after which a session ends.
    session_timeout: Annotated[int, Field(ge=policy.SHORTEST_TIMEOUT_SECONDS, le=policy.LONGEST_TIMEOUT_SECONDS)] = (
        policy.DEFAULT_TIMEOUT_SECONDS
    )
    #: Days that people have to set up a second factor once it is required.
    grace_days: Annotated[int, Field(ge=0, le=policy.MOST_GRACE_DAYS)] = policy.DEFAULT_GRACE_DAYS
    min_password_length: Annotated[int, Field(ge=policy.LEAST_PASSWORD_LENGTH, le=policy.MOST_PASSWORD_LENGTH)] = (
        policy.DEFAULT_PASSWORD_LENGTH
    )
    #: Domains that people may be invited from; none means any.
    email_domains: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$", max_length=253)], ...] = ()
    members_see_own_only: bool = False


class Retention(_Structure):
    """Days that rows are kept; None is for ever."""

    audit_days: Annotated[int, Field(ge=30)] | None = None
    usage_days: Annotated[int, Field(ge=30)] | None = None
    run_days: Annotated[int, Field(ge=1)] | None = None


class Limits(_Structure):
    """What the organization allows itself; None is no limit."""

    concurrent_runs: Annotated[int, Field(ge=1, le=1000)] | None = None
    monthly_cost_usd: Annotated[float, Field(gt=0, le=1e9)] | None = None


class Publishing(_Structure):
    """How templates become public."""

    requires_approval: bool = True


class OrganizationSettings(_Structure):
    """`organizations.settings`. What is not set has its default; an unknown key is refused."""

    default_ai_model: Annotated[str, Field(max_length=255)] | None = None
    integration_enabled: bool = False
    notification_preferences: NotificationPreferences = NotificationPreferences()
    security_settings: SecuritySettings = SecuritySettings()
    retention: Retention = Retention()
    limits: Limits = Limits()
    publishing: Publishing = Publishing()

    def to_json(self) -> dict[str, object]:
        """For the JSONB column; what nobody set stays out."""
        return self.model_dump(mode="json", exclude_unset=True)

    @classmethod
    def read(cls, stored: object) -> "OrganizationSettings":
        """What is stored, as `read_stored` reads it. Raises `InvalidInput`."""
        return read_stored(cls, stored, what="The organization's settings")
