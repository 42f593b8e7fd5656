"""What was saved and what was removed: backups, and rows that retention took away."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from lib import clock
from lib.backup.history import History, KeptBackup
from lib.health.service import MOST_REMOVALS, REMOVAL_DAYS
from lib.health.views import Removal
from lib.retention.counting import KINDS
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.paged_table import show_paged_table

#: As many as anybody reads, the newest.
_MOST: Final = 12
_NEXT: Final = "At the next daily one"
_HOW: Final = "“orchestrator backup” makes one; with ORCHESTRATOR_BACKUP_HOUR “orchestrator up” makes one each day."


def show_backups(history: History, *, zone: str) -> None:
    """Draw the newest backups, and a warning where there is none that is new enough."""
    newest = history.newest
    note = f"the last {words.ago(newest.made_at, now=clock.now())}" if newest else "none"
    with card("Backups", note=note, key="health-backups"):
        if not newest:
            where = words.plain(f"No backup was ever made: this process sees none in {history.folder}.")
            st.markdown(f":red[:material/warning:] **{where}** {words.plain(_HOW)}")
        elif history.is_overdue:
            late = words.plain("The last backup is older than two days.")
            st.markdown(f":red[:material/warning:] **{late}** {words.plain(_HOW)}")
        if history.backups:
            show_paged_table(
                [_backup_row(each, zone) for each in history.backups[:_MOST]],
                key="health-backups-table",
                label="Backups",
                columns={
                    "Made": st.column_config.TextColumn("Made", width=140),
                    "Size": st.column_config.TextColumn("Size", width=80, alignment="right"),
                    "Took": st.column_config.TextColumn("Took", width=80, alignment="right"),
                    "Verified": st.column_config.TextColumn("Verified", width=110),
                    _NEXT: st.column_config.TextColumn(_NEXT, width=140),
                },
                summary="",
                newer=None,
                older=None,
            )
            more = len(history.backups) - _MOST
            said = (
                f"In {history.folder}." if more <= 0 else f"In {history.folder}, with {words.number(more)} older ones."
            )
            st.markdown(f":gray[:small[{words.plain(said)}]]")


def show_removals(removals: Sequence[Removal], *, zone: str) -> None:
    """Draw what retention has removed lately."""
    rows = sum(each.rows for each in removals)
    note = f"{words.count(rows, 'row')} in {REMOVAL_DAYS} days" if removals else "nothing"
    with card("Removed by retention", note=note, key="health-removals"):
        if not removals:
            st.markdown(
                f":gray[Nothing in the last {REMOVAL_DAYS} days: no organization had anything older than it keeps.]"
            )
            return
        show_paged_table(
            [_removal_row(each, zone) for each in removals[:_MOST]],
            key="health-removals-table",
            label="Removed by retention",
            columns={
                "When": st.column_config.TextColumn("When", width=140),
                "Organization": st.column_config.TextColumn("Organization", width=140),
                "Of": st.column_config.TextColumn("Of", width=100),
                "Rows": st.column_config.TextColumn("Rows", width=90, alignment="right"),
            },
            summary="",
            newer=None,
            older=None,
        )
        if len(removals) > _MOST:
            count = words.at_most(len(removals), most=MOST_REMOVALS - 1)
            st.markdown(f":gray[:small[The newest {_MOST} of {count}; each organization's trail has all of its own.]]")


def _backup_row(backup: KeptBackup, zone: str) -> dict[str, object]:
    if backup.made_at is None:
        return {"Made": "✕ damaged", "Size": "", "Took": "", "Verified": backup.name, _NEXT: "stays"}
    return {
        "Made": words.moment_in_table(backup.made_at, zone=zone),
        "Size": words.size(backup.bytes),
        "Took": words.NOTHING if backup.seconds is None else words.duration(backup.seconds),
        "Verified": words.ago(backup.verified_at, now=clock.now()) if backup.verified_at else "never",
        _NEXT: "stays" if backup.is_kept else "is removed",
    }


def _removal_row(removal: Removal, zone: str) -> dict[str, object]:
    return {
        "When": words.moment_in_table(removal.removed_at, zone=zone),
        "Organization": removal.organization,
        "Of": KINDS.get(removal.kind, removal.kind),
        "Rows": words.number(removal.rows),
    }
