"""Verifying the seals of the audit trail: how far it has got, and what of it is not as it was."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import sealing
from lib.audit.views import Kind, Reason, SealFault, SealStatus, Verification
from lib.ui import words
from lib.ui.components.audit_filters import show_entries_of
from lib.ui.components.facts import show_facts
from lib.ui.guard import require_actor

_REASONS: Final[Mapping[Reason, str]] = {
    Reason.ROWS: "entries are not those that were sealed",
    Reason.SEAL: "the seal itself was changed",
    Reason.CHAIN: "the seal does not follow on the one before",
    Reason.NOTED: "the seal is not the one that was noted down",
    Reason.UNTOLD: "it is marked as removed by retention, and no entry tells of that",
    Reason.ACCEPTED: "it did not hold, and an operator accepted that before its entries were removed",
}
_KINDS: Final[Mapping[Kind, str]] = {Kind.CHANGED: "Changed", Kind.REMOVED: "Removed", Kind.ADDED: "Added"}
#: Of one seal so many entries are named, and of all so many seals.
_MOST_NAMED, _MOST_SHOWN = 10, 20


@st.dialog("Verify the seals", width="medium")
def show_verification() -> None:
    """Draw a dialog that reckons all seals anew, and says what came of it."""
    actor = require_actor(Permission.AUDIT_VIEW)
    st.markdown(
        "Once entries are an hour old they are sealed: a seal is a hash of them and of the seal before. Whoever "
        "changes, removes or adds one later, in the database itself, breaks it."
    )
    newest = sealing.get_seal_status(actor)
    if not newest.number:
        waiting = f"; so far there {words.are(newest.unsealed)} {_count(newest.unsealed)}" if newest.unsealed else ""
        said = f"Nothing is sealed yet. A worker seals entries once they are an hour old{waiting}."
        st.markdown(f":gray[{words.plain(said)}]")
        return
    done = _verify(actor, newest)
    _show_result(done, zone=actor.time_zone)
    exact = words.exact(newest.sealed_at, zone=actor.time_zone)
    show_facts([("Newest seal", f"{words.number(newest.number)}, {exact}"), ("Hash", newest.hash)])
    st.markdown(
        ":gray[:small[Note number and hash down elsewhere: whoever rules the database could make all seals anew, but "
        "not with that hash.]]"
    )


def _verify(actor: Actor, newest: SealStatus) -> Verification:
    bar = st.progress(0.0, text="Verifying…")
    state = sealing.verify_seals(actor)
    while not state.is_done:
        share = min(1.0, state.number / newest.number)
        bar.progress(share, text=f"{words.count(state.rows, 'entry', plural='entries')} verified")
        state = sealing.verify_seals(actor, state)
    bar.empty()
    return state


def _show_result(done: Verification, *, zone: str) -> None:
    seals, rows = words.count(done.number, "seal"), words.count(done.rows, "entry", plural="entries")
    if not done.fault_count:
        st.markdown(f":green[:material/verified:] **All seals are intact.** {seals} over {rows}.")
    else:
        broken = f"{words.count(done.fault_count, 'seal')} of {words.number(done.number)}"
        st.markdown(f":red[:material/gpp_bad:] **Broken: {broken}.** {rows} looked at.")
        for fault in done.faults[:_MOST_SHOWN]:
            _show_fault(fault, zone)
    if done.removed_at:
        went = words.count(done.removed_rows, "entry", plural="entries")
        when = words.exact(done.removed_at, zone=zone)
        said = f"Removed by retention, the last on {when}: {went} under {words.count(done.removed_seals, 'seal')}."
        st.markdown(f":gray[{words.plain(said)}]")
    st.markdown(f":gray[{words.plain(_say_unsealed(done.unsealed))}]")


def _show_fault(fault: SealFault, zone: str) -> None:
    since = words.moment_in_table(fault.since, zone=zone) if fault.since else "the beginning"
    until = words.moment_in_table(fault.until, zone=zone) if fault.until else "now"
    reasons = words.together([_REASONS[reason] for reason in fault.reasons])
    st.markdown(f"**Seal {words.number(fault.number)}**, {words.plain(f'{since} to {until}')}: {words.plain(reasons)}.")
    for each in fault.differences[:_MOST_NAMED]:
        written = words.exact(sealing.moment_of(each.entry_id), zone=zone)
        label = f"{_KINDS[each.kind]}: {each.entry_id.hex[-8:]}, written {words.plain(written)}"
        if each.kind is Kind.REMOVED:
            st.markdown(f":gray[:material/remove: {label}]")
        elif st.button(label, icon=":material/arrow_forward:", type="tertiary", key=f"differs-{each.entry_id}"):
            show_entries_of(entry=str(each.entry_id))
            st.rerun()  # a callback here would run the dialog alone
    more = len(fault.differences) - _MOST_NAMED
    if more > 0:
        st.markdown(f":gray[and at least {words.count(more, 'entry', plural='entries')} more]")


def _say_unsealed(count: int) -> str:
    if not count:
        return "Every entry is under a seal."
    said = _count(count, newer="newer ")
    return f"{said[0].upper()}{said[1:]} {words.are(count)} not sealed yet."


def _count(unsealed: int, *, newer: str = "") -> str:
    if unsealed > sealing.MOST_UNSEALED:
        return f"more than {words.number(sealing.MOST_UNSEALED)} {newer}entries"
    return words.count(unsealed, f"{newer}entry", plural=f"{newer}entries")
