"""What stands around every page."""

from dataclasses import dataclass

from lib.models.organization import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the sidebar says of an organization, to one person."""

    tier: Tier
    #: Runs that wait for this person, at most one more than `MOST_COUNTED`.
    waiting_runs: int


#: A tenth one is counted as well, so that nine can be told from more.
MOST_COUNTED = 9
