"""The JSON structures of a person: what they are permitted beyond their role, and what they prefer."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, RootModel

from lib import clock
from lib.access.permissions import Permission


def _known_zone(name: str) -> str:
    if name not in clock.zones():
        message = "must be a time zone like Europe/Berlin"
        raise ValueError(message)
    return name


class UserPermissions(RootModel[tuple[Permission, ...]]):
    """`users.permissions`: permissions that this person has beside those of the role."""

    def to_json(self) -> list[str]:
        """For the JSONB column, each once."""
        return sorted(set(self.root))


class Notifications(BaseModel):
    """What a person wants to be told by mail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_finished: bool = True
    run_failed: bool = True
    review_waiting: bool = True
    budget_reached: bool = True
    quota_reached: bool = True


class Preferences(BaseModel):
    """`users.preferences`. The theme is not among them: it follows the reader's system."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    landing_page: Literal["overview", "launch", "runs", "projects"] = "overview"
    notifications: Notifications = Notifications()

    def to_json(self) -> dict[str, object]:
        """For the JSONB column; what nobody set stays out."""
        return self.model_dump(mode="json", exclude_unset=True)
