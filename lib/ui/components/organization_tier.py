"""What an organization's tier allows, and how much of it is used."""

from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.organizations.tiers import ALLOWANCES, Allowance, Feature
from lib.organizations.views import OrganizationDetail, Quota
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.meter import show_meter

_NO_LIMIT = "no limit"
#: A meter is a warning from this share on.
_SHORT = 0.9
_HAS_NOT = Markup('<span class="ao-none">{}</span>')

_KEPT: Final = "Days bound what can be set under Retention and limits. What is not set there is kept for ever."


def show_use(organization: OrganizationDetail, *, time_zone: str) -> None:
    """Draw calls of this month and people, against what there may be."""
    allowed = ALLOWANCES[organization.tier]
    with card("Used"):
        show_quota(organization.quota, time_zone=time_zone)
        _show_share("People with an account", organization.people, allowed.people, noun="person", plural="people")


def show_quota(quota: Quota, *, time_zone: str) -> None:
    """Draw the calls to models of this month, and when they begin anew."""
    _show_share("Calls to models this month", quota.used, quota.limit, noun="call")
    st.markdown(f":gray[Begins anew on {words.plain(words.day(quota.resets_at, zone=time_zone))}.]")


def show_allowance(organization: OrganizationDetail) -> None:
    """Draw what the tier allows, line by line."""
    allowed = ALLOWANCES[organization.tier]
    with card("What your tier allows", note=organization.tier.capitalize()):
        show_facts([*_limits(allowed), *((feature.value, _has(allowed, feature)) for feature in Feature)])
        st.markdown(f":gray[{_KEPT}]")
        st.markdown(":gray[Another tier, or more calls, is for the installation's operator to give.]")


def _limits(allowed: Allowance) -> list[tuple[str, str]]:
    return [
        ("Calls a month", _most(allowed.monthly_calls)),
        ("People", _most(allowed.people)),
        ("Runs at a time", _most(allowed.concurrent_runs)),
        ("Audit trail kept", _days(allowed.audit_days)),
        ("Usage kept", _days(allowed.usage_days)),
        ("Runs kept", _days(allowed.run_days)),
    ]


def _has(allowed: Allowance, feature: Feature) -> str:
    return "✓ included" if feature in allowed.features else _HAS_NOT.format("not included")


def _most(value: int | None) -> str:
    return _NO_LIMIT if value is None else words.number(value)


def _days(value: int | None) -> str:
    return "for ever" if value is None else f"{words.count(value, 'day')} at most"


def _show_share(label: str, used: int, limit: int | None, *, noun: str, plural: str | None = None) -> None:
    said = f", {_NO_LIMIT}" if limit is None else f" of {words.number(limit)}"
    st.markdown(f"{label}&ensp;**{words.number(used)}**{said}")
    if limit is not None:
        text = f"{words.number(used)} of {words.count(limit, noun, plural=plural)}"
        show_meter(label, used, maximum=max(limit, 1), text=text, tone="warn" if used >= _SHORT * limit else "accent")
