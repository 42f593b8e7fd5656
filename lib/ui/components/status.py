"""The only table of what a status looks like: a word, an icon and a colour, and a glyph where icons cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from lib.ui.words import plain

Color = Literal["gray", "blue", "orange", "green", "red", "violet"]


@dataclass(frozen=True, slots=True)
class Status:
    """How one status is shown. The colour is never the only sign."""

    word: str
    icon: str
    color: Color
    glyph: str


def _status(word: str, icon: str, color: Color, glyph: str) -> Status:
    return Status(word, f":material/{icon}:", color, glyph)


_RUNNING = _status("Running", "progress_activity", "blue", "◐")
_NEEDS_REVIEW = _status("Needs review", "rate_review", "orange", "◆")
_NEEDS_APPROVAL = _status("Needs approval", "rate_review", "orange", "◆")
_COMPLETED = _status("Completed", "check_circle", "green", "✓")
_FAILED = _status("Failed", "error", "red", "✕")
_CANCELLED = _status("Cancelled", "block", "gray", "\N{EN DASH}")

RUN: Mapping[str, Status] = {
    "queued": _status("Queued", "schedule", "gray", "○"),
    "running": _RUNNING,
    "waiting_review": _NEEDS_REVIEW,
    "paused": _status("Paused", "pause_circle", "violet", "="),
    "completed": _COMPLETED,
    "failed": _FAILED,
    "cancelled": _CANCELLED,
}

#: A legal hold that is open, and one that was released.
ON_HOLD = _status("Held", "lock", "orange", "◆")
HOLD_RELEASED = _status("Released", "lock_open", "gray", "○")

#: A queued run whose organization runs as many as it may.
WAITING_RUN = _status("Waiting", "hourglass_top", "gray", "○")

#: What a reviewer did with an answer, after their name.
DECIDED: Mapping[str, str] = {
    "approve": "approved it",
    "approve_with_edits": "edited and approved it",
    "redo": "asked for another draft",
    "reject": "rejected it",
}

PHASE: Mapping[str, Status] = {
    "pending": _status("Pending", "schedule", "gray", "○"),
    "running": _RUNNING,
    "waiting_review": _NEEDS_REVIEW,
    "completed": _COMPLETED,
    "failed": _FAILED,
    "skipped": _status("Skipped", "skip_next", "gray", "\N{EN DASH}"),
    "cancelled": _CANCELLED,
    "rejected": _status("Rejected", "thumb_down", "red", "✕"),
}

OPERATION: Mapping[str, Status] = {
    "pending": _status("Pending", "schedule", "gray", "○"),
    "waiting_approval": _NEEDS_APPROVAL,
    "running": _RUNNING,
    "completed": _status("Done", "check_circle", "green", "✓"),
    "dry_run": _status("Dry run", "visibility", "gray", "○"),
    "failed": _FAILED,
    "rejected": _status("Rejected", "thumb_down", "gray", "✕"),
    "cancelled": _CANCELLED,
}

#: What people are asked about: an answer, or with `approval` an operation.
REVIEW: Mapping[str, Status] = {
    "waiting": _NEEDS_REVIEW,
    "approval": _NEEDS_APPROVAL,
    "overdue": _status("Overdue", "warning", "orange", "!"),
    "approved": _status("Approved", "check_circle", "green", "✓"),
    "redone": _status("Sent back", "replay", "gray", "↺"),
    "rejected": _status("Rejected", "thumb_down", "red", "✕"),
    "withdrawn": _status("Not needed", "block", "gray", "\N{EN DASH}"),
}

#: Which part of the reviews a list shows.
REVIEW_SPLIT: Mapping[str, Status] = {
    "mine": Status("For me", "", "orange", "◆"),
    "waiting": Status("All waiting", "", "gray", "○"),
    "decided": Status("Decided", "", "gray", "✓"),
}

PROJECT: Mapping[str, Status] = {
    "active": _status("Active", "check_circle", "green", "✓"),
    "completed": _status("Completed", "task_alt", "gray", "✓"),
    "archived": _status("Archived", "inventory_2", "gray", "\N{EN DASH}"),
    "failed": _FAILED,
}

#: Where the runs of an archive are.
ARCHIVE: Mapping[str, Status] = {
    "asked": _status("Waiting", "hourglass_top", "gray", "○"),
    "making": _status("Being made", "progress_activity", "blue", "◐"),
    "made": _status("In a file", "inventory_2", "gray", "✓"),
    "restoring": _status("Coming back", "progress_activity", "blue", "◐"),
    "restored": _status("Restored", "settings_backup_restore", "green", "✓"),
    "removing": _status("Being deleted", "progress_activity", "gray", "◐"),
    "removed": _status("Deleted", "delete", "gray", "\N{EN DASH}"),
    "failed": _FAILED,
}

#: A long file that a worker writes.
EXPORT: Mapping[str, Status] = {
    "asked": _status("Waiting", "hourglass_top", "gray", "○"),
    "making": _status("Being written", "progress_activity", "blue", "◐"),
    "made": _status("Written", "draft", "green", "✓"),
    "failed": _FAILED,
}

CONNECTION: Mapping[str, Status] = {
    "working": _status("Working", "check_circle", "green", "✓"),
    "failing": _status("Failing", "error", "red", "✕"),
    "untested": _status("Not tested", "help", "gray", "○"),
    "inactive": _status("Deactivated", "power_settings_new", "gray", "\N{EN DASH}"),
}

WEBHOOK: Mapping[str, Status] = {
    "active": _status("Active", "check_circle", "green", "✓"),
    "failing": _status("Failing", "warning", "orange", "!"),
    "paused": _status("Paused", "pause_circle", "violet", "="),
    "stopped": _status("Stopped", "error", "red", "✕"),
}

#: An event on its way to an endpoint.
DELIVERY: Mapping[str, Status] = {
    "pending": _status("Waiting", "schedule", "gray", "○"),
    "held": _status("Held", "pause_circle", "violet", "="),
    "sending": _status("Sending", "progress_activity", "blue", "◐"),
    "retrying": _status("Retrying", "replay", "orange", "↻"),
    "delivered": _status("Delivered", "check_circle", "green", "✓"),
    "failed": _FAILED,
    "dropped": _status("Dropped", "block", "gray", "\N{EN DASH}"),
}

#: Which part of the deliveries a list shows.
DELIVERY_SPLIT: Mapping[str, Status] = {
    "delivered": DELIVERY["delivered"],
    "under_way": Status("Under way", "", "blue", "◐"),
    "failed": DELIVERY["failed"],
    "dropped": DELIVERY["dropped"],
}

#: Of the audit trail: whether it was done, or somebody was kept from it.
FINDING: Mapping[str, Status] = {
    "new_network": _status("New network", "travel_explore", "orange", "!"),
    "odd_hour": _status("Unusual hour", "schedule", "orange", "!"),
    "burst": _status("Burst", "block", "red", "✕"),
}
OUTCOME: Mapping[str, Status] = {"refused": Status("Refused", "", "red", "✕")}

BUDGET: Mapping[str, Status] = {
    "within": _status("On track", "check_circle", "green", "✓"),
    "short": _status("Nearly used up", "warning", "orange", "!"),
    "used_up": _status("Used up", "error", "red", "✕"),
}

SCHEDULE: Mapping[str, Status] = {
    "on": _status("On", "check_circle", "green", "✓"),
    "off": _status("Off", "power_settings_new", "gray", "\N{EN DASH}"),
    "stopped": _status("Stopped", "error", "red", "✕"),
    "ended": _status("Ended", "task_alt", "gray", "✓"),
}

PERSON: Mapping[str, Status] = {
    "active": _status("Active", "check_circle", "green", "✓"),
    "deactivated": _status("Deactivated", "person_off", "gray", "\N{EN DASH}"),
}

INVITATION: Mapping[str, Status] = {
    "invited": _status("Invited", "mail", "orange", "◆"),
    "expired": _status("Link too old", "schedule", "gray", "○"),
}

#: Whether somebody holds a permission: for everything, for what they made themselves, not at all.
HELD: Mapping[str, Status] = {
    "organization": _status("Yes", "check_circle", "green", "✓"),
    "own": _status("Own only", "person", "gray", "◐"),
    "none": _status("No", "block", "gray", "\N{EN DASH}"),
}

#: A priority is no state that calls for anybody, so it has no colour of its own.
PRIORITY: Mapping[str, Status] = {
    "low": _status("Low", "keyboard_arrow_down", "gray", "↓"),
    "medium": _status("Medium", "drag_handle", "gray", "="),
    "high": _status("High", "keyboard_arrow_up", "gray", "↑"),
    "urgent": _status("Urgent", "keyboard_double_arrow_up", "gray", "⇈"),
}

RUN_PRIORITY: Mapping[str, Status] = {
    "low": PRIORITY["low"],
    "normal": _status("Normal", "drag_handle", "gray", "="),
    "high": PRIORITY["high"],
    "urgent": PRIORITY["urgent"],
}

ORGANIZATION: Mapping[str, Status] = {
    "active": _status("Active", "check_circle", "green", "✓"),
    "suspended": _status("Suspended", "pause_circle", "violet", "="),
    "deleting": _status("Ends soon", "warning", "orange", "!"),
    "deleted": _status("Deleted", "delete", "gray", "\N{EN DASH}"),
}

TEMPLATE: Mapping[str, Status] = {
    "draft": _status("Not published", "edit_note", "gray", "○"),
    "in_review": _NEEDS_REVIEW,
    "published": _status("Published", "check_circle", "green", "✓"),
    "retired": _status("Retired", "inventory_2", "gray", "\N{EN DASH}"),
}

#: Whose a template is; that is no state either, and a word says it.
TEMPLATE_SCOPE: Mapping[str, Status] = {
    "mine": Status("Mine", "", "violet", ""),
    "organization": Status("Organization", "", "gray", ""),
    "public": Status("Public", "", "gray", ""),
    "retired": Status("Retired", "", "gray", ""),
}

#: Something that somebody should look at before it becomes a failure: a budget, a missing worker.
WARNING = _status("Warning", "warning", "orange", "!")


def run(status: str, *, is_waiting: bool) -> Status:
    """How a run stands; one that waits for its turn is queued, and says why."""
    return WAITING_RUN if is_waiting else RUN[status]


def show_status(status: Status) -> None:
    """The status as a badge."""
    st.badge(status.word, icon=status.icon or None, color=status.color)


def inline(status: Status, *, text: str | None = None) -> str:
    """The status as Markdown inside a line; `text` takes the place of its word."""
    return f":{status.color}[{status.icon} {plain(text or status.word)}]"


def cell(status: Status) -> list[str]:
    """The status as the value of a `column`."""
    return [f"{status.glyph} {status.word}"]


def column(table: Mapping[str, Status], *, label: str = "Status", width: int = 130) -> ColumnConfig:
    """The column of a table whose cells are made by `cell`: a canvas has no icons, so the glyph stands in."""
    return st.column_config.MultiselectColumn(
        label,
        options=[cell(status)[0] for status in table.values()],
        color=[status.color for status in table.values()],
        width=width,
    )
