"""The list of people, or of those who are invited, as a file."""

from lib.access.actor import Actor
from lib.ui.components.export_menu import show_export
from lib.ui.components.people_filters import INVITED, chosen_people, chosen_role
from lib.ui.filtering import Filters
from lib.users.invitations import count_invitations, export_invitations
from lib.users.people import count_people, export_people
from lib.users.views import PersonSort


def show_people_export(actor: Actor, chosen: Filters) -> None:
    """Draw the menu for what the filters leave of the one or the other."""
    wanted, role, sort = chosen_people(chosen), chosen_role(chosen), PersonSort(chosen.sort)
    if chosen.split == INVITED:
        show_export(
            "invitations",
            noun="invitation",
            count=lambda most: count_invitations(actor, search=chosen.search, role=role, most=most),
            export=lambda actor, kind: export_invitations(actor, search=chosen.search, role=role, file_format=kind),
        )
    else:
        show_export(
            "people",
            noun="person",
            count=lambda most: count_people(actor, wanted, most=most),
            export=lambda actor, kind: export_people(actor, wanted, sort=sort, file_format=kind),
        )
