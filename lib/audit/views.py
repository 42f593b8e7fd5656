"""What the pages see of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib.users.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the trail."""

    id: UUID
    created_at: datetime
    #: None is nobody in particular: the installation itself.
    person: Person | None
    #: As stored: "projects.update".
    action: str
    #: In words that follow the person's name: "archived the project".
    did: str
    #: The fields that changed, without those that only the database reads.
    old: Mapping[str, object]
    new: Mapping[str, object]
