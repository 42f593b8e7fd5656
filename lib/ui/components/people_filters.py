"""What the list of people is narrowed to: by status, words and role; those who are invited are a list of their own."""

from collections.abc import Mapping
from typing import Final

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.ui import address
from lib.ui.components import status
from lib.ui.components.status import Status
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters
from lib.users.people import count_people_by_status
from lib.users.queries import PersonFilter
from lib.users.views import InvitationStatus, PersonSort, PersonStatus

#: The split's value for those who are invited.
INVITED: Final = InvitationStatus.INVITED.value

_SORTS: Final[Mapping[str, str]] = {
    PersonSort.NAME: "By name",
    PersonSort.NEWEST: "Newest first",
    PersonSort.LAST_SIGN_IN: "Last sign-in",
}
_STATUSES: Final[Mapping[str, Status]] = {
    PersonStatus.ACTIVE: status.PERSON[PersonStatus.ACTIVE],
    INVITED: status.INVITATION[INVITED],
    PersonStatus.DEACTIVATED: status.PERSON[PersonStatus.DEACTIVATED],
}


def make_people_filters(actor: Actor) -> FilterBar:
    """What can be chosen; invitations have one order."""
    is_invited = address.requested("status") == INVITED
    return FilterBar(
        key="people",
        splits=_STATUSES,
        count=lambda chosen: count_people_by_status(actor, chosen_people(chosen), most=MOST_COUNTED),
        sorts={PersonSort.NEWEST: _SORTS[PersonSort.NEWEST]} if is_invited else _SORTS,
        placeholder="Name or e-mail",
        choices=(Choice("role", "Role", {role.value: role.capitalize() for role in Role}),),
    )


def chosen_people(chosen: Filters) -> PersonFilter:
    """The same as the query takes it."""
    is_status = chosen.split not in {None, INVITED}
    return PersonFilter(
        status=PersonStatus(chosen.split) if is_status and chosen.split else None,
        role=chosen_role(chosen),
        search=chosen.search,
    )


def chosen_role(chosen: Filters) -> Role | None:
    """The role alone, which those who are invited have as well."""
    role = chosen.values.get("role")
    return Role(role) if role else None
