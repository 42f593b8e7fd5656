"""What was unusual about how people came in, with the ways to the entries that say so."""

from collections.abc import Mapping
from math import ceil
from typing import Final

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.audit import trail
from lib.audit.views import Finding, FindingKind
from lib.ui import words
from lib.ui.components.audit_filters import ENTRY, PERSON, show_entries_of
from lib.ui.components.row_list import row, row_list
from lib.ui.components.status import FINDING
from lib.ui.filtering import FROM, TO

#: Of what was found, the newest.
_MOST_SHOWN: Final = 20
_TITLES: Final[Mapping[FindingKind, str]] = {
    FindingKind.NEW_NETWORK: "signed in from a network that they had not come from before",
    FindingKind.ODD_HOUR: "signed in at an hour at which they had not come before",
}


def show_findings(actor: Actor) -> None:
    """Draw what closes until somebody asks: only then it is looked for."""
    with st.expander("Unusual access in the last 14 days", on_change="rerun", key="audit-findings") as opened:
        if not opened.open:
            return
        found = trail.list_findings(actor)
        if not found:
            st.markdown(":gray[Nothing: no new network, no unusual hour, no burst of refusals.]")
            return
        with row_list("findings"):
            for number, finding in enumerate(found[:_MOST_SHOWN]):
                _show(finding, actor.time_zone, key=f"finding-{number}")
        if len(found) > _MOST_SHOWN:
            st.markdown(f":gray[and {words.number(len(found) - _MOST_SHOWN)} more, further back]")


def _show(finding: Finding, zone: str, *, key: str) -> None:
    address = f" · {finding.address}" if finding.address else ""
    detail = f"{words.exact(finding.ended_at, zone=zone)}{address}"
    with row(_say(finding), detail=detail, status=FINDING[finding.kind]), st.container(width="content"):
        st.button(
            "Show",
            icon=":material/arrow_forward:",
            type="tertiary",
            key=key,
            on_click=show_entries_of,
            kwargs=_entries(finding, zone),
        )


def _say(finding: Finding) -> str:
    who = finding.name or "Somebody"
    if finding.kind is not FindingKind.BURST:
        return f"{who} {_TITLES[finding.kind]}"
    minutes = words.count(ceil((finding.ended_at - finding.began_at).total_seconds() / 60) or 1, "minute")
    if finding.user_id:
        return f"{who} was refused {words.count(len(finding.entry_ids), 'time')} within {minutes}"
    return f"{words.count(len(finding.entry_ids), 'refusal')} from one address within {minutes}"


def _entries(finding: Finding, zone: str) -> dict[str, str]:
    """Where they are: the only one is opened, of several the list is narrowed to their days."""
    if len(finding.entry_ids) == 1:
        return {ENTRY: str(finding.entry_ids[0])}
    where = clock.find_zone(zone)
    first, last = (moment.astimezone(where).date() for moment in (finding.began_at, finding.ended_at))
    whose = {PERSON: str(finding.user_id)} if finding.user_id else {}
    whose |= {"search": finding.address} if finding.address else {}
    return {"outcome": "refused", FROM: first.isoformat(), TO: last.isoformat(), **whose}
