"""What a page sees of a saved view."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SavedViewEntry:
    """One of them."""

    id: UUID
    name: str
    #: What follows the question mark of the page's address.
    query: str
