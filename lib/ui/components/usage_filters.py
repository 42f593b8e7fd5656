"""The widgets of the page of analytics: the range, what calls are looked at, and whether they are compared.

They say what the address does, and write into it what is chosen, as those of a list do.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.ui.components.usage_address import BEFORE, COMPARE, RANGE, SINCE, Asked, Range, write_address
from lib.ui.components.usage_figures import DIMENSIONS, PLURALS, sort_of
from lib.ui.filtering import FIRST_DAY, FROM, LAST_DAY, TO
from lib.ui.words import count, day_of_year, line, plain, short, short_day
from lib.usage.calls.address import read_key, say_key
from lib.usage.periods import Period
from lib.usage.service import list_choices
from lib.usage.views import Dashboard, Dimension, Key

_RANGES: Final[Mapping[Range, str]] = {
    Range.WEEK: "7 days",
    Range.THIRTY_DAYS: "30 days",
    Range.THIS_MONTH: "This month",
    Range.LAST_MONTH: "Last month",
    Range.YEAR: "12 months",
    Range.CUSTOM: "Custom",
}
_ICONS: Final[Mapping[Dimension, str]] = {
    Dimension.PROJECT: "folder_open",
    Dimension.PERSON: "person",
    Dimension.MODEL: "memory",
    Dimension.TEMPLATE: "dashboard_customize",
    Dimension.ENDPOINT: "cable",
}
_KEY: Final = "usage"
_ASKED: Final = f"{_KEY}-asked"
#: More of one kind are found by a search on the server, and not sent to the browser at every rerun.
MOST_OFFERED: Final = 200
#: In characters: what is longer is cut in the label and stands whole in the popover.
_LONGEST_LABEL: Final = 26


def show_usage_filters(actor: Actor, asked: Asked, dashboard: Dashboard) -> None:
    """Draw the range, a popover for each filter, and the switch for the comparison; then what is left out.

    What a filter offers is read once it is open: that is hundreds of people, and a page that is looked at needs none.
    """
    _follow(asked, dashboard)
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key="filters"):
        st.segmented_control(
            "Range",
            [*_RANGES],
            format_func=_RANGES.__getitem__,
            label_visibility="collapsed",
            required=True,
            wrap=False,
            key=f"{_KEY}-{RANGE}",
            on_change=_choose_range,
            args=(asked.query.period,),
        )
        if asked.range is Range.CUSTOM:
            _show_days(asked.query.period)
        for by in sort_of(dashboard.query).dimensions:
            _show_choice(actor, by, dashboard)
        st.toggle("Compare", key=f"{_KEY}-{COMPARE}", on_change=_choose_comparison)
        if dashboard.query.chosen:
            st.button(
                "Clear",
                icon=":material/close:",
                type="tertiary",
                on_click=write_address,
                kwargs=dict.fromkeys(DIMENSIONS),
                key=f"{_KEY}-clear",
            )
    _say_left_out([*asked.left_out, *(DIMENSIONS[by].capitalize() for by in dashboard.left_out)])


def _say_left_out(labels: Sequence[str]) -> None:
    if labels:
        names = ", ".join(dict.fromkeys(labels))
        st.markdown(f":gray[:material/info: The address asks for what is not there, left out: {plain(names)}]")


def _follow(asked: Asked, dashboard: Dashboard) -> None:
    """Let the widgets say what the address does: the browser's Back changes the address and nothing else."""
    said: dict[str, object] = {RANGE: asked.range, COMPARE: asked.is_compared}
    said |= {FROM: asked.query.period.first, TO: asked.query.period.last}
    said |= {by: [say_key(key) for key in dashboard.query.chosen.get(by, ())] for by in DIMENSIONS}
    keys = {f"{_KEY}-{name}": value for name, value in said.items()}
    is_known = st.session_state.get(_ASKED) == said
    st.session_state[_ASKED] = said
    for key, value in keys.items():
        if not is_known or key not in st.session_state:  # those of closed popovers are forgotten at each run
            st.session_state[key] = value


def _show_days(period: Period) -> None:
    with st.popover(f"**{plain(_say_days(period))}**", icon=":material/date_range:", key=f"{_KEY}-days"):
        for name, label in ((FROM, "From"), (TO, "To")):
            st.date_input(
                label,
                min_value=FIRST_DAY,
                max_value=LAST_DAY,
                format="YYYY-MM-DD",
                key=f"{_KEY}-{name}",
                on_change=_choose_days,
            )
        st.markdown(f":gray[:small[Whole days, {plain(period.zone)} time.]]")


def _say_days(period: Period) -> str:
    last = short_day(period.last)
    return last if period.first == period.last else f"{day_of_year(period.first)} to {last}"


def _show_choice(actor: Actor, by: Dimension, dashboard: Dashboard) -> None:
    chosen, label = dashboard.query.chosen.get(by, frozenset()), DIMENSIONS[by].capitalize()
    key = f"{_KEY}-filter-{by}"
    menu = st.popover(_label(by, dashboard, key), icon=f":material/{_ICONS[by]}:", key=key, on_change="rerun")
    if not menu.open:
        return
    with menu:
        offered = _offer(by, list_choices(actor, dashboard.query, by), chosen)
        st.multiselect(
            label,
            [*offered],
            format_func=lambda value: offered.get(value, value),
            placeholder="Any",
            label_visibility="collapsed",
            key=f"{_KEY}-{by}",
            on_change=_choose_keys,
            args=(by,),
        )


def _label(by: Dimension, dashboard: Dashboard, key: str) -> str:
    """What is chosen. It waits until the popover is closed: one that is called otherwise is another one to Streamlit.

    The popover would close at each choice, and what has the focus in it would lose it.
    """
    said, chosen = DIMENSIONS[by].capitalize(), dashboard.query.chosen.get(by)
    if chosen:
        names = dashboard.names[by]
        said = f"**{said}: {plain(_say_chosen(by, [names.get(each, say_key(each)) for each in chosen]))}**"
    if not st.session_state.get(key):
        st.session_state[f"{key}-said"] = said
    label: str = st.session_state.get(f"{key}-said", said)
    return label


def _offer(by: Dimension, names: Mapping[Key, str], chosen: frozenset[Key]) -> Mapping[str, str]:
    """The keys to choose from, by what they are called; of many, those whose names have what is searched."""
    lines = {key: line(name) for key, name in names.items()}
    if len(lines) > MOST_OFFERED:
        sought = st.text_input(
            f"Search {count(len(lines), DIMENSIONS[by], plural=PLURALS[by])}",
            icon=":material/search:",
            placeholder="A part of the name",
            key=f"{_KEY}-search-{by}",
        )
        found = [key for key, name in lines.items() if sought.strip().lower() in name.lower()][:MOST_OFFERED]
        lines = {key: lines[key] for key in dict.fromkeys([*chosen, *found]) if key in lines}
    called: dict[str, int] = {}
    for name in lines.values():
        called[name] = called.get(name, 0) + 1
    # Streamlit knows an option by its words alone
    told = {key: name if called[name] == 1 else f"{name} · {say_key(key)[-6:]}" for key, name in lines.items()}
    return {say_key(key): name for key, name in sorted(told.items(), key=lambda item: item[1].lower())}


def _say_chosen(by: Dimension, names: Sequence[str]) -> str:
    if len(names) == 1:
        return short(names[0], most=_LONGEST_LABEL)
    return count(len(names), DIMENSIONS[by], plural=PLURALS[by])


def _choose_range(period: Period) -> None:
    """A custom range begins with the days that were seen."""
    chosen: Range = st.session_state[f"{_KEY}-{RANGE}"]
    days = (
        {FROM: period.first.isoformat(), TO: period.last.isoformat()}
        if chosen is Range.CUSTOM
        else {FROM: None, TO: None}
    )
    write_address(**{RANGE: None if chosen is Range.THIS_MONTH else str(chosen), SINCE: None, BEFORE: None, **days})


def _choose_days() -> None:
    first, last = (st.session_state.get(f"{_KEY}-{name}") for name in (FROM, TO))
    if isinstance(first, date) and isinstance(last, date):
        # who has moved one past the other means the day that they have chosen last
        first, last = min(first, last), max(first, last)
        write_address(**{RANGE: str(Range.CUSTOM), FROM: first.isoformat(), TO: last.isoformat()})


def _choose_keys(by: Dimension) -> None:
    write_address(**{by: [say_key(read_key(by, value)) for value in st.session_state[f"{_KEY}-{by}"]]})


def _choose_comparison() -> None:
    write_address(**{COMPARE: None if st.session_state[f"{_KEY}-{COMPARE}"] else "off"})
