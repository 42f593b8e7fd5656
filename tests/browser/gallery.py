"""Every component of lib/ui/components on one page, under the real headers, for the tests of this folder.

It is an app of its own because a component needs neither a database nor a session.
"""

from contextlib import nullcontext
from uuid import UUID

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lib import clock
from lib.config import ROOT
from lib.errors import DatabaseUnavailable, InvalidInput
from lib.models.template import TemplateStatus
from lib.templates.views import TemplateFigures, TemplateScope, TemplateSummary
from lib.ui import feedback, filtering
from lib.ui.components import (
    answer,
    card,
    confirm_dialog,
    empty_state,
    error_panel,
    facts,
    filters,
    meter,
    metric_strip,
    page_header,
    paged_table,
    phase_card,
    row_list,
    status,
    template_card,
    timeline,
)
from lib.ui.components.template_editor.graph import GraphRow, show_phase_list
from lib.ui.words import plain
from lib.web import health
from lib.web.middleware import middleware
from tests.browser.changes import show_changes
from tests.browser.gallery_of_usage import show_usage
from tests.browser.gallery_of_webhooks import show_webhooks
from tests.nasty import MEANING, mixtures

ANSWER = """# Demand is moving

Sales **fell** by *19 %* and `recovered`. <script>alert(1)</script> ![t](https://evil.example/t.png)
[a link](https://evil.example) <https://evil.example>

## Three things

###### Smallest

1. the price of electricity,
2. subsidies, and
   * nested
3. installers.

| Country | Share |
| --- | ---: |
| Sweden | 41 % |
| Norway | 38 % |

> A quotation

```python
print("code")
```
"""


def main() -> None:
    st.set_page_config(page_title="Gallery", page_icon="/app/static/mark.svg", layout="wide")
    st.html(ROOT / "lib" / "ui" / "style.css")
    pages = {
        "": [
            st.Page(gallery, title="Gallery", icon=":material/layers:", default=True),
            st.Page(escapes, title="Escapes", icon=":material/data_object:", url_path="escapes"),
            st.Page(mixed, title="Mixed", icon=":material/shuffle:", url_path="mixed"),
            st.Page(charts, title="Charts", icon=":material/monitoring:", url_path="charts"),
        ]
    }
    page = st.navigation(pages, expanded=True)
    theme = st.context.theme.type or "light"
    st.logo(f"/app/static/logo-{theme}.svg", icon_image="/app/static/mark.svg")
    with (
        st.sidebar.container(key="who"),
        st.popover("Mona Reyes · Northwind", icon=":material/account_circle:", type="tertiary", width="stretch"),
    ):
        st.button("Sign out", icon=":material/logout:", type="tertiary")
    feedback.show_notices()
    with feedback.page_state(("https://docs.example", "Read the documentation")):
        page.run()
    feedback.show_notices()


def escapes() -> None:
    for number, text in enumerate(MEANING):
        with st.container(key=f"body-{number}"):
            st.markdown(plain(text))
        with st.container(key=f"bold-{number}"):
            st.markdown(f"**{plain(text)}**  \n:gray[{plain(text)}]")
        with st.container(key=f"label-{number}"):
            st.button(plain(text), key=f"button-{number}")
        with st.container(key=f"title-{number}"):
            st.subheader(plain(text), anchor=False)


def mixed() -> None:
    for number, text in enumerate(mixtures()):
        with st.container(key=f"mixed-{number}"):
            st.markdown(f"**{plain(text)}**  \n:gray[{plain(text)}]")


def charts() -> None:
    st.metric("Cost", "$64.18", "-12 %", chart_data=[1, 3, 2, 5], chart_type="area")
    st.plotly_chart(go.Figure(go.Scatter(x=[1, 2, 3], y=[2, 1, 3])), config={"displayModeBar": False}, alt="A line")
    st.line_chart(pd.DataFrame({"a": [1, 2, 3]}))
    st.code("a = 1\n", language="python")
    st.code('{"a": 1}', language="json")
    st.json({"a": [1, 2]})


def gallery() -> None:
    with st.container(key="signin"):  # lib/ui/sign_in.py draws into one of this name
        st.html(f'<div class="ao-answer ao-streaming">{answer.draw_on("Written")["last"]}</div>')
    with page_header.page_header(
        "Heat pump market, Nordics 2026",
        status=status.RUN["running"],
        parent=(st.Page(escapes, url_path="escapes"), "Runs"),
        subtitle="Market brief v12 · Market scans · launched by Mona Reyes 9 minutes ago",
    ):
        if st.button("Archive", icon=":material/inventory_2:"):
            confirm_dialog.show_confirm_dialog(
                "Archive the project?",
                text="Its 12 runs stay.",
                action="Archive",
                on_confirm=lambda actor: "Archived.",
                key="archive",
            )
        if st.button("Say it", icon=":material/check:"):
            feedback.succeeded("Project *Alpha* created.")
            st.rerun()
        st.menu_button("More", ["Duplicate"], icon=":material/more_horiz:")
        st.button("Launch run", type="primary", icon=":material/rocket_launch:", shortcut="Ctrl+Shift+L")
    metric_strip.show_metric_strip(
        [
            metric_strip.Metric("Progress", "4 of 7 phases"),
            metric_strip.Metric("Elapsed", "8:32", "Without waiting for review: 6:31"),
            metric_strip.Metric("Cost", "$1.84", "Limit of this run: $4.00"),
            metric_strip.Metric("Tokens", "148,220", "121,904 in, 26,316 out"),
            metric_strip.Metric("Model", "smollm2-135m"),
        ]
    )
    with st.columns([3.6, 1])[1], card.card(key="no-delivery"):
        st.markdown("Click an event.")
    left, right = st.columns([2, 1], gap="medium")
    with left:
        with card.card("Timeline"):
            show_timeline()
        st.subheader("Phases", anchor=False)
        show_phases()
        with card.card("Recent runs", link=(st.Page(escapes, url_path="escapes"), "All runs")):
            show_table()
    with right:
        with card.card("Needs you", note="2"), row_list.row_list("needs"):
            for name in ("waiting_review", "failed"):
                with row_list.row(
                    "Draft: risks and regulation", detail="Heat pump market · waiting 1 min", status=status.RUN[name]
                ):
                    st.button("Review", key=f"needs-{name}")
        with card.card("Versions"), row_list.row_list("versions"), row_list.row("Version 2", detail="Names the region"):
            st.popover("Options", icon=":material/more_horiz:", type="tertiary")
        with card.card("This month", note="412 of 500 runs"):
            meter.show_meter("Runs this month", 412, maximum=500, pace=367, text="412 of 500 runs", tone="warn")
            meter.show_meter("Budget", 64, maximum=120, text="$64 of $120")
            meter.show_meter("Progress", 4, maximum=7, text="4 of 7 phases", tone="run")
            meter.show_meter("Spent", 9, maximum=7, text="over", tone="bad")
        with card.card("Details"):
            facts.show_facts(
                [
                    ("Template", "Market brief, version 12"),
                    ("Inputs", "<b>Region</b>: Nordics"),
                    ("Run", "4F2A-91C0-77B3"),
                    ("Topic", "A long one. " * 40),
                ]
            )
        with empty_state.empty_state(
            "runs",
            icon=":material/account_tree:",
            title="No runs yet",
            text="A run sends prompts to a model and keeps every answer.",
        ):
            st.button("Launch the first run", type="primary")
        with error_panel.error_panel(
            "The provider refused the key",
            status=status.RUN["failed"],
            where="phase 3 of 8, attempt 3 of 3",
            text="The two finished phases are kept.",
            steps=["Ask an admin to enter a new key.", "Retry from phase 3."],
            details="provider=openai status=401",
        ):
            st.button("Retry from phase 3", icon=":material/replay:")
        show_list_filters()
        show_graph()
        show_template()
        show_changes()
        show_webhooks()
        show_usage()
        show_runs()
        show_form()
        live()


def show_timeline() -> None:
    kind, span = timeline.SpanKind, timeline.Span
    rows = [
        (
            "Scope and questions",
            "completed",
            [span(kind.WAIT, 0, 4, "queued 0:04"), span(kind.OK, 4, 46, "done in 0:42")],
        ),
        (
            "Source evaluation",
            "completed",
            [
                span(kind.FAIL, 46, 90, "attempt 1 failed"),
                span(kind.WAIT, 90, 110, "waited"),
                span(kind.OK, 110, 238, "done"),
            ],
        ),
        ("Outline", "completed", [span(kind.OK, 239, 281, "done"), span(kind.REVIEW, 281, 402, "approved")]),
        ("Draft: market and demand", "running", [span(kind.RUN, 404, 512, "attempt 1 running for 1:48")]),
        ("Draft: prices", "cancelled", [span(kind.STOP, 404, 440, "cancelled")]),
        ("<b>Executive</b> summary", "pending", []),
    ]
    timeline.show_timeline(
        [
            timeline.TimelineRow(number, name, status.PHASE[state], spans, note="" if spans else "Waits for prices")
            for number, (name, state, spans) in enumerate(rows, 1)
        ],
        elapsed_seconds=512,
        is_live=True,
    )


def show_phases() -> None:
    states = list(status.PHASE)
    running = st.toggle("Second phase is done", key="done")
    states[1] = "completed" if running else "running"
    for number, state in enumerate(states, 1):
        with phase_card.phase_card(
            number,
            f"Phase {state}",
            status=status.PHASE[state],
            meta=["0:42", "6,120 tokens", "$0.05"],
            detail=None if state == "pending" and number > 1 else "gpt-4.1-mini · attempt 1 of 3",
            key=f"p{number}",
            is_expanded=number == 1,
        ) as is_open:
            if is_open:
                answer.show_answer(ANSWER if number == 1 else f"text of {number}")


def show_table() -> None:
    rows = [
        {"Status": status.cell(status.RUN[state]), "Run": f"Run *number* {state}", "Duration": "8:32", "Cost": "$1.84"}
        for state in status.RUN
    ]
    event = paged_table.show_paged_table(
        rows,
        key="runs",
        label="Recent runs",
        summary="1 to 7 of 248",
        newer=paged_table.current_cursor() and "first",
        older="c2",
        opens="Run",
        ticked_as=list(status.RUN),
        columns={
            "Status": status.column(status.RUN),
            "Run": st.column_config.TextColumn("Run", width=230),
            "Duration": st.column_config.TextColumn("Duration", alignment="right"),
            "Cost": st.column_config.TextColumn("Cost", alignment="right"),
        },
    )
    st.markdown(f"opened {event.opened} selected {event.selected} cursor {paged_table.current_cursor()}")


def show_list_filters() -> None:
    bar = filtering.FilterBar(
        key="list",
        splits=status.RUN,
        count=lambda chosen: {"completed": 100, "failed": 6},
        sorts={"newest": "Newest first", "oldest": "Oldest first"},
        placeholder="Title or topic",
        choices=(filtering.Choice("model", "Model", {"small": "smollm2-135m"}),),
    )
    st.query_params.setdefault("model", "small")
    filters.show_filters(bar, filtering.read_filters(bar))


def show_template() -> None:
    template_card.show_template_cards(
        [
            TemplateSummary(
                id=UUID(int=1),
                name="Market brief",
                description="A sourced brief on a market. " * 9,
                category="research",
                tags=("market",),
                scope=TemplateScope.MINE,
                status=TemplateStatus.DRAFT,
                is_public=False,
                is_builtin=False,
                publisher="",
                version=1,
                phase_count=7,
                updated_at=clock.now(),
                figures=TemplateFigures(runs=3, completed=2, failed=1, average_time_ms=540_000),
                is_waiting=True,
                may_edit=True,
                may_publish=True,
                may_launch=True,
                may_fork=True,
            )
        ]
    )


def show_graph() -> None:
    """The editor's phases in every state, and beside them what a model is written in."""
    rows = [GraphRow("a", "Scope"), GraphRow("b", "Prices", "2 to mend", "bad")]
    rows.append(GraphRow("c", "Brief", "unsure", "warn"))
    with st.container(key="phase-choice"):
        st.selectbox("Phase", [row.name for row in rows])
    with st.container(key="phase-graph"):
        show_phase_list(rows, {"a": (), "b": ("a",), "c": ("a", "b")}, selected="a", key="graph", on_open=st.write)
    st.text_area("Prompt", "Write about {{ topic }}.", key="prompt-a")
    st.multiselect("After", ["Scope", "Prices"], default=["Scope"])


def show_runs() -> None:
    """Links to runs below what a schedule says, and the bar below a list of which some are ticked."""
    with st.container(key="runs-of-gallery"):
        st.markdown("To be reviewed below: [“Ideation”](#review-1).")
        st.page_link("https://docs.example", label="The last run, launched 3 hours ago: completed")
    with st.container(key="hold-ways-of-gallery"):
        st.page_link("https://docs.example", label="Audit trail")
    with st.container(border=True, horizontal=True, key="selection"):
        st.markdown("**2 runs selected**", width="stretch")
        st.button("Compare")


def show_form() -> None:
    st.text_input("Key", type="password")
    with st.form("form"):
        st.text_input("Name")
        st.text_area("Topic")
        is_wrong = st.form_submit_button("Save what is wrong")
        is_offline = st.form_submit_button("Save without a database")
        is_broken = st.form_submit_button("Save into a fault", type="primary")
        with feedback.told():
            if is_wrong:
                raise InvalidInput("This is too long.", field="Name", problems=["300 characters", "at most *255*"])
            if is_offline:
                raise DatabaseUnavailable("10.0.0.7 refused")
            if is_broken:
                raise ZeroDivisionError("a detail")


@st.fragment
def live() -> None:
    if st.button("Break the fragment"):
        raise ZeroDivisionError("a detail")


if __name__ == "__main__":
    main()
else:
    st.navigation([gallery])
    app = st.App(
        __file__,
        routes=health.routes(nullcontext),
        middleware=middleware(),
        on_script_error=feedback.on_script_error,
    )
