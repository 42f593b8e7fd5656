"""Runs of a project that lie in a file: what there is, and how they get there and back."""

from datetime import datetime
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.archives import service
from lib.archives.views import MOST_COUNTED, ArchiveForesight, ArchiveView, ProjectArchives
from lib.models.archive import ArchiveStatus
from lib.projects.views import ProjectDetail
from lib.ui import feedback, words
from lib.ui.components.audit_link import show_more
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import lines, row, row_list
from lib.ui.components.status import ARCHIVE
from lib.ui.guard import require_actor

#: Between two looks while a worker is at one.
_LOOK_SECONDS: Final = 3.0
_DELETE, _AGAIN = "Delete…", "Restore again"
_UNDER_WAY: Final = {
    ArchiveStatus.ASKED: "The runs are to be moved to an archive file",
    ArchiveStatus.MAKING: "The runs are being moved to an archive file",
    ArchiveStatus.RESTORING: "The runs are coming back from their archive",
    ArchiveStatus.REMOVING: "The archive is being deleted",
    ArchiveStatus.FAILED: "The runs were not moved to an archive file",
}


def show_archives(actor: Actor, project: ProjectDetail, found: ProjectArchives) -> None:
    """Draw the card; nothing for a project without archives. It follows what a worker does."""
    if not found.archives:
        return
    with card("Archives", key="archives"), row_list("archives"):
        for archive in found.archives:
            _show(actor, archive, may_manage=found.may_manage)
    if any(archive.is_under_way for archive in found.archives):
        _watch(project, found)


def ask_to_archive(project: ProjectDetail) -> None:
    """Ask before a project's runs are moved, saying what goes and what stays."""
    foresight = service.foresee_archive(require_actor(), project.id)

    def move(actor: Actor) -> str:
        service.ask_archive(actor, project.id)
        return "The runs are being moved. This page says when it is done."

    show_confirm_dialog(
        "Move the runs to an archive file?",
        text=service.HELD
        if foresight.is_held
        else f"{_say(foresight)} leave the database for a compressed file, with their comments, reviews and files. The "
        "project stays, with what was used and paid for, and the audit trail. Lists, links and comparisons don't show "
        "these runs until you restore the archive, which brings everything back as it was.",
        action="Move the runs",
        on_confirm=move,
        is_ready=not foresight.is_held,
        key="archive-runs",
    )


def _say(foresight: ArchiveForesight) -> str:
    parts = ((foresight.runs, "run"), (foresight.phases, "phase"), (foresight.operations, "operation"))
    return words.together([_count(number, noun) for number, noun in parts if number])


def _count(number: int, noun: str) -> str:
    return f"more than {words.count(number, noun)}" if number == MOST_COUNTED else words.count(number, noun)


def _show(actor: Actor, archive: ArchiveView, *, may_manage: bool) -> None:
    is_still = may_manage and archive.has_file and not archive.is_under_way
    may_do = is_still or actor.may(Permission.AUDIT_VIEW)
    left, *right = st.columns([5, 4] if may_do else 1, vertical_alignment="center")  # one below the other on a phone
    with (
        left,
        row(_title(archive), detail=_detail(archive, time_zone=actor.time_zone), status=ARCHIVE[archive.status]),
    ):
        pass
    if right:
        with right[0], st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            _show_actions(archive, is_still=is_still)


def _show_actions(archive: ArchiveView, *, is_still: bool) -> None:
    """What can be done about it; only the way to the trail where nothing can, or not now."""
    can_restore = is_still and archive.holds_runs and archive.away == archive.runs
    if can_restore and st.button("Restore", icon=":material/settings_backup_restore:", key=f"restore-{archive.id}"):
        _restore(archive)
    if is_still:
        st.link_button("Download", f"/api/archives/{archive.id}/file", icon=":material/download:")
    # retention may have removed what came back
    offered = [*([] if archive.holds_runs else [_AGAIN]), _DELETE] if is_still else []
    chosen = show_more(offered, "archives", archive.id, key=f"more-{archive.id}")
    if chosen == _AGAIN:
        _restore(archive)
    elif chosen == _DELETE:
        _ask_to_delete(archive)


def _title(archive: ArchiveView) -> str:
    if said := _UNDER_WAY.get(archive.status):
        return said
    size = words.size(archive.bytes or 0)
    if archive.status is ArchiveStatus.RESTORED:
        return f"{words.count(archive.runs, 'run')} came back from an archive of {size}"
    if not archive.away:
        return f"An archive of {size}, whose runs came back by another one"
    return f"{words.count(archive.away, 'run')} {words.are(archive.away)} in an archive of {size}"


def _detail(archive: ArchiveView, *, time_zone: str) -> Markup:
    """Lines below: who and when, what is in it, and what went wrong."""
    who = words.short(archive.asked_by or "the command line", most=40)
    if archive.made_at is None:
        said = [_moment("Asked for", who, archive.asked_at, time_zone=time_zone)]
    else:
        said = [_moment("Made", who, archive.made_at, time_zone=time_zone)]
        inside = [words.count(archive.phases, "phase")]
        inside += [words.count(archive.files, "file")] if archive.files else []
        said.append(Markup("{}, {}").format(words.together(inside), _cost(archive)))
    if archive.holds_runs and archive.away < archive.runs:
        back, runs = words.number(archive.runs - archive.away), words.count(archive.runs, "run")
        said.append(Markup("{} of its {} came back by another archive").format(back, runs))
        said.append(Markup("Can be restored once those are in an archive again"))
    if archive.restored_at:
        by = words.short(archive.restored_by or "the command line", most=40)
        said.append(_moment("Restored", by, archive.restored_at, time_zone=time_zone))
    if archive.failure:
        said.append(Markup("{}").format(archive.failure))
    return lines(*said)


def _moment(did: str, by: str, moment: datetime, *, time_zone: str) -> Markup:
    """The moment ends its line."""
    return Markup("{} by {}, {}").format(did, by, moment_inline(moment, time_zone=time_zone))


def _cost(archive: ArchiveView) -> str:
    if not archive.unknown_costs:
        return f"{words.money(archive.cost_usd)} spent"
    return f"{words.money(archive.cost_usd)} spent, and {words.count(archive.unknown_costs, 'run')} of unknown cost"


def _restore(archive: ArchiveView) -> None:
    with feedback.told():
        service.ask_restore(require_actor(), archive.id)
        feedback.succeeded("The runs are coming back. This page says when they are there.")
        st.rerun()


def _ask_to_delete(archive: ArchiveView) -> None:
    def delete(actor: Actor) -> str:
        service.remove_archive(actor, archive.id)
        return "The archive is being deleted."

    show_confirm_dialog(
        "Delete this archive?",
        text=_say_what_goes(archive),
        action="Delete the archive",
        on_confirm=delete,
        key="delete-archive",
    )


def _say_what_goes(archive: ArchiveView) -> str:
    if archive.status is ArchiveStatus.RESTORED:
        return "The runs came back from it and stay; what was removed of them since is in this file alone."
    if not archive.away:
        came_back = "Its runs came back by another archive, as that one had them."
        return f"{came_back} What was said and decided between the two is in this file alone."
    runs = words.count(archive.away, "run")
    return (
        f"{runs}, with all that was said and decided. What is in this file and nowhere else is gone for good then, "
        "unless somebody has downloaded it: whoever runs this installation can restore a copy."
    )


def _watch(project: ProjectDetail, drawn: ProjectArchives) -> None:
    """Draw the page anew once one of them stands otherwise."""
    fresh = [True]  # what was read a moment ago serves the first time

    def look() -> None:
        if fresh:
            fresh.pop()
        elif service.list_archives(require_actor(), project.id) != drawn:
            feedback.draw_anew()

    feedback.live(look, seconds=_LOOK_SECONDS)
