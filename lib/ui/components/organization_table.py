"""The operator's list of organizations, and what it is narrowed to."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.models.organization import Tier
from lib.organizations.queries import OrganizationFilter
from lib.organizations.tiers import ALLOWANCES
from lib.organizations.views import OrganizationSort, OrganizationSummary, Standing
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import show_paged_table
from lib.ui.filtering import Choice, FilterBar, Filters

_SORTS: Final[Mapping[str, str]] = {
    OrganizationSort.NEWEST: "Newest first",
    OrganizationSort.OLDEST: "Oldest first",
    OrganizationSort.NAME: "By name",
}
FILTERS: Final = FilterBar(
    key="organizations",
    splits={member: status.ORGANIZATION[member] for member in Standing},
    count=lambda _: {},  # the function that an operator asks lists organizations and counts none
    sorts=_SORTS,
    placeholder="Name or short name",
    choices=(Choice("tier", "Tier", {tier: tier.capitalize() for tier in Tier}),),
)
_NO_LIMIT: Final = "no limit"
#: Its first admin has not accepted the invitation.
_NOBODY_YET: Final = "Nobody has come yet"


def chosen_organizations(chosen: Filters) -> OrganizationFilter:
    """What the reader chose, as the query takes it."""
    tier = chosen.values.get("tier")
    return OrganizationFilter(
        standing=Standing(chosen.split) if chosen.split else None,
        tier=Tier(tier) if tier else None,
        search=chosen.search,
    )


def show_organization_table(
    organizations: Sequence[OrganizationSummary], *, newer: str | None, older: str | None
) -> UUID | None:
    """Draw the organizations; returns the one whose name was clicked in this run of the script."""
    key = "organizations-table"
    event = show_paged_table(
        [_row(organization) for organization in organizations],
        key=key,
        label="Organizations",
        columns={
            # together as wide as the page in a window of 1280 pixels
            "Status": status.column(status.ORGANIZATION, width=115),
            "Organization": st.column_config.TextColumn("Organization", width=205),
            "Short name": st.column_config.TextColumn("Short name", width=130),
            "Tier": st.column_config.TextColumn("Tier", width=90),
            "People": st.column_config.TextColumn("People", width=142, alignment="right"),
            "Calls this month": st.column_config.TextColumn("Calls this month", width=150, alignment="right"),
            "Created": st.column_config.TextColumn("Created", width=115),
        },
        summary=f"{words.count(len(organizations), 'organization')} on this page",
        newer=newer,
        older=older,
        opens="Organization",
    )
    return find_opened(key, [organization.id for organization in organizations], clicked=event.opened)


def say_quota(organization: OrganizationSummary) -> str:
    """`412 of 1,000`."""
    limit = organization.quota.limit
    return f"{words.number(organization.quota.used)} of {_NO_LIMIT if limit is None else words.number(limit)}"


def say_people(organization: OrganizationSummary) -> str:
    """`4 of 25`, as the tier allows."""
    if not organization.people:
        return _NOBODY_YET
    most = ALLOWANCES[organization.tier].people
    return f"{words.number(organization.people)}{'' if most is None else f' of {words.number(most)}'}"


def _row(organization: OrganizationSummary) -> dict[str, object]:
    return {
        "Status": status.cell(status.ORGANIZATION[organization.standing]),
        "Organization": organization.name,
        "Short name": organization.slug,
        "Tier": organization.tier.capitalize(),
        "People": say_people(organization),
        "Calls this month": say_quota(organization),
        "Created": words.ago(organization.created_at, now=clock.now()),
    }
