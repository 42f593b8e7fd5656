"""One template: what it says, its versions, its reviews, and what each person may do with it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.models.template import TemplateStatus
from lib.templates import publishing
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.templates.versions.service import save_version
from lib.ui.navigation import LAUNCH, RUN, TEMPLATE
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import end_run, make_run
from tests.made_templates import let_publish_to_everybody
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, facts, headings, markup, press, shown, text_area, text_input

#: Two phases wait for the first one, and the last one for both.
DATA: dict[str, Any] = {
    "description": "A sourced brief",
    "inputs": [{"name": "depth", "label": "Depth", "kind": "choice", "choices": ["short", "long"], "required": False}],
    "phases": [
        {"code": "a", "name": "Scope", "prompt": "Scope of {{ topic }}"},
        {"code": "b", "name": "Prices", "prompt": "Prices", "depends_on": ["a"], "model": "openai:gpt-4.1"},
        {"code": "c", "name": "Buyers", "prompt": "Buyers", "depends_on": ["a"]},
        {"code": "d", "name": "Brief", "prompt": "Write it", "depends_on": ["b", "c"]},
    ],
}


@pytest.fixture(autouse=True)
def _pro(installation: Installation, cast: Cast) -> None:
    let_publish_to_everybody(installation.database)


def changed(prompt: str) -> dict[str, Any]:
    """The same with another last phase."""
    return {**DATA, "phases": [*DATA["phases"][:3], {**DATA["phases"][3], "prompt": prompt}]}


def make(actor: Actor, *, is_published: bool = True) -> UUID:
    made = create_template(actor, TemplateDetails(name="Market brief", category="research"), DATA, note="First try")
    if is_published:
        publishing.publish_template(actor, made)
    return made


@pytest.fixture
def waiting(installation: Installation, cast: Cast) -> UUID:
    """Of max; its second version waits."""
    made = make(cast.max)
    review = get_template(cast.mona, made).review
    assert review
    publishing.approve(cast.mona, review.id)
    save_version(cast.max, made, changed("Write it in two pages"), base_version=1, note="Shorter")
    return made


def offered(at: AppTest) -> list[str]:
    return [*buttons(at), *(option for menu in at.menu_button for option in menu.options)]


def choose(at: AppTest, action: str, *labels: str) -> AppTest:
    """Choose from the menu, and press what the dialog that it opens asks, which AppTest forgets in between."""
    at.menu_button[0].click(action).run()
    if labels:
        at.menu_button[0].click(action)
        press(at, *labels)
    assert not at.exception
    return at


def status_of(cast: Cast, template_id: UUID) -> TemplateStatus:
    return get_template(cast.alice, template_id).status


def test_each_person_finds_what_they_may_do(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make(cast.mona)
    whole = ["Edit", "Fork", "Use", "Details…", "Make public…", "Retire…"]
    assert offered(open_as(cast.mona, TEMPLATE, template=made)) == whole
    assert offered(open_as(cast.max, TEMPLATE, template=made)) == ["Fork", "Use"]
    assert offered(open_as(cast.vera, TEMPLATE, template=made)) == []
    draft = make(cast.max, is_published=False)
    own = ["Edit", "Fork", "Use", "Details…", "Ask for publication", "Retire…", "Delete…"]
    assert offered(open_as(cast.max, TEMPLATE, template=draft)) == own
    assert offered(open_as(cast.alice, TEMPLATE, template=draft)) == [
        "Publish" if each == "Ask for publication" else each for each in own
    ]


def test_phases_say_their_order_and_show_a_prompt_once_it_is_opened(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    at = open_as(cast.vera, TEMPLATE, template=make(cast.mona))
    labels = [expander.label.replace("\\", "") for expander in at.expander]
    assert labels == [
        "**1 Scope** :gray[· begins at once]",
        "**2 Prices** :gray[· after Scope]",
        "**3 Buyers** :gray[· after Scope]",
        "**4 Brief** :gray[· after Prices and Buyers]",
    ]
    assert "Scope of {{ topic }}" not in shown(at)
    at.session_state["phase-2"] = True
    at.run()
    assert [code.value for code in at.code] == ["Prices"]
    assert facts(at)["Model"] in {"openai:gpt-4.1", "as the project or the organization says"}
    assert "openai:gpt-4.1" in shown(at)
    assert facts(at)["Depth"] == "one of: short, long, optional"


def test_graph_is_drawn_of_phases_that_do_not_simply_follow_each_other(open_as: OpenAs, cast: Cast) -> None:
    def edges(data: object) -> int:
        made = create_template(cast.mona, TemplateDetails(name="Drawn"), data)
        return markup(open_as(cast.mona, TEMPLATE, template=made)).count("<path ")

    in_turn = [{name: value for name, value in phase.items() if name != "depends_on"} for phase in DATA["phases"]]
    assert (edges(DATA), edges({"phases": in_turn})) == (4, 0)


def test_figures_are_the_readers_own_and_launches_everybodys(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    made = make(cast.mona)
    project_id = make_project(installation.database, cast.alice)
    for status in ("completed", "completed", "failed"):
        run = make_run(installation.database, cast.alice, project_id=project_id, template_id=made)
        end_run(installation.database, cast.alice, run, status=status)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE orchestration_templates SET usage_count = 41, is_public = true")
    strip = {metric.label: metric.value for metric in open_as(cast.vera, TEMPLATE, template=made).metric}
    assert strip.keys() == {"Runs", "Success", "Average cost", "Average time", "Launches"}
    assert (strip["Runs"], strip["Success"], strip["Launches"]) == ("3", "66 %", "41")
    assert strip["Average cost"].replace("\\", "") == "$0.06"
    strip = {metric.label: metric.value for metric in open_as(cast.charlie, TEMPLATE, template=made).metric}
    assert (strip["Runs"], "Launches" in strip) == ("0", False)


def test_others_see_of_a_public_one_neither_people_nor_versions(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    made = make(cast.mona)
    with doors.admin(installation.database) as connection:
        connection.execute('UPDATE organizations SET settings = \'{"publishing": {"requires_approval": false}}\'')
    publishing.make_public(cast.mona, made)
    at = open_as(cast.charlie, TEMPLATE, template=made)
    assert offered(at) == ["Fork", "Use"]
    assert headings(at) == ["Market brief", "Phases", "Details", "Asked at launch"]
    assert facts(at)["Published by"] == "Acme Research"
    for secret in ("Mona", "mona", "First try"):
        assert secret not in shown(at)


def test_stranger_and_nonsense_find_nothing(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make(cast.mona)
    for actor, asked in ((cast.charlie, made), (cast.mona, uuid4()), (cast.mona, "nonsense")):
        assert headings(open_as(actor, TEMPLATE, template=asked)) == ["Not found"]


def test_who_decides_sees_who_asks_and_what_changes_and_agrees(open_as: OpenAs, cast: Cast, waiting: UUID) -> None:
    at = open_as(cast.mona, TEMPLATE, template=waiting)
    assert "Version 2 waits for somebody's word" in headings(at)
    assert "Asked by Max" in shown(at)
    assert not at.code
    at.session_state["review-changes"] = True
    at.run()
    assert [code.value for code in at.code] == ["- Write it\n+ Write it in two pages"]
    press(at, "Approve")
    assert get_template(cast.vera, waiting).version == 2


@pytest.mark.parametrize("button", ["Approve", "Refuse"])
def test_version_that_took_the_place_of_the_one_on_the_page_is_not_decided_about(
    open_as: OpenAs, cast: Cast, waiting: UUID, button: str
) -> None:
    at = open_as(cast.mona, TEMPLATE, template=waiting)
    text_area(at, "Reason, if you refuse").set_value("Too long.")
    newer = {"phases": [{"code": "A", "name": "Draft", "prompt": "Nobody has read this"}]}
    save_version(cast.max, waiting, newer, base_version=2)
    press(at, button)
    assert "This request is withdrawn by now. Reload to see it." in shown(at)
    assert "Version 3 waits for somebody's word" in headings(at)
    assert get_template(cast.vera, waiting).version == 1


def test_refusal_needs_a_reason_which_its_author_reads(open_as: OpenAs, cast: Cast, waiting: UUID) -> None:
    at = press(open_as(cast.mona, TEMPLATE, template=waiting), "Refuse")
    assert "Reason is empty" in shown(at)
    text_area(at, "Reason, if you refuse").set_value("Say for <b>whom</b>.")
    press(at, "Refuse")
    at = open_as(cast.max, TEMPLATE, template=waiting)
    assert "Version 2 was refused" in headings(at)
    assert "By Mona" in shown(at)
    assert facts(at)["Reason"] == "Say for <b>whom</b>."
    assert "<b>whom" not in markup(at)


def test_who_asked_takes_it_back_and_does_not_decide(open_as: OpenAs, cast: Cast, waiting: UUID) -> None:
    at = open_as(cast.max, TEMPLATE, template=waiting)
    assert "Approve" not in buttons(at)
    press(at, "Take it back")
    assert not get_template(cast.max, waiting).is_waiting
    at = open_as(cast.vera, TEMPLATE, template=waiting)
    assert {"Approve", "Refuse", "Take it back"} & set(buttons(at)) == set()


def test_versions_are_compared_and_rolled_back_after_a_question(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    made = make(cast.mona)
    more = changed("Write it in two pages")
    more["phases"] = [*more["phases"][:3], {**more["phases"][3], "name": "Short brief"}]
    save_version(cast.mona, made, more, base_version=1, note="Shorter")
    at = open_as(cast.mona, TEMPLATE, template=made)
    assert "First try · Mona" in shown(at)
    at.toggle[0].set_value(True).run()
    assert [code.value for code in at.code] == ["- Write it\n+ Write it in two pages"]
    assert "Short brief" in markup(at)
    press(at, "Roll back")
    assert "What version 1 says is saved as version 3, on top of version 2; no version is lost." in shown(at)
    assert "Runs are launched from it at once" in shown(at)
    press(at, "Roll back", "Roll back to version 1")
    assert get_template(cast.mona, made).version == 3
    assert "Roll back" not in buttons(open_as(cast.max, TEMPLATE, template=made))


def test_page_of_versions_stands_in_the_address(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make(cast.mona)
    for number in range(1, 12):
        save_version(cast.mona, made, changed(f"Prompt {number}"), base_version=number)
    at = open_as(cast.vera, TEMPLATE, template=made)
    assert "Version 12" in shown(at)
    assert "Version 2\n" not in shown(at)
    assert "Version 2" in shown(press(at, "Older"))
    assert set(at.query_params) == {"template", "versions"}
    assert "There is no version that far back" in shown(open_as(cast.vera, TEMPLATE, template=made, versions="x"))


def test_publication_is_asked_for_made_and_taken_back(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make(cast.max, is_published=False)
    choose(open_as(cast.max, TEMPLATE, template=made), "Ask for publication")
    assert status_of(cast, made) is TemplateStatus.IN_REVIEW
    said = shown(open_as(cast.max, TEMPLATE, template=made))
    assert "Needs review" in said
    assert "Offered" not in said, "to nobody yet"
    press(open_as(cast.mona, TEMPLATE, template=made), "Approve")
    assert status_of(cast, made) is TemplateStatus.PUBLISHED

    at = open_as(cast.mona, TEMPLATE, template=made)
    at.menu_button[0].click("Make public…").run()
    assert "Somebody else who may publish templates has to agree first." in shown(at)
    choose(at, "Make public…", "Ask for it")
    assert not get_template(cast.alice, made).is_public
    press(open_as(cast.alice, TEMPLATE, template=made), "Approve")
    assert get_template(cast.charlie, made).is_public
    choose(open_as(cast.alice, TEMPLATE, template=made), "Make private")
    assert not get_template(cast.alice, made).is_public


def test_retired_then_deleted_after_questions_that_say_what_happens(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    made = make(cast.mona)
    at = open_as(cast.mona, TEMPLATE, template=made)
    at.menu_button[0].click("Retire…").run()
    assert "Nobody can launch it any more." in shown(at)
    choose(at, "Retire…", "Retire the template")
    at = open_as(cast.mona, TEMPLATE, template=made)
    assert offered(at) == ["Fork", "Details…", "Restore", "Delete…"]
    at.menu_button[0].click("Delete…").run()
    assert "with all its versions" in shown(at)
    choose(at, "Delete…", "Delete the template")
    assert headings(open_as(cast.mona, TEMPLATE, template=made)) == ["Not found"]


def test_details_are_edited(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    made = make(cast.mona)
    at = choose(open_as(cast.mona, TEMPLATE, template=made), "Details…")
    text_input(at, "Name").set_value("Market letter")
    at.menu_button[0].click("Details…")
    press(at, "Save changes")
    assert get_template(cast.mona, made).name == "Market letter"


def test_activity_is_told_in_sentences_to_who_may_read_the_trail(open_as: OpenAs, cast: Cast, waiting: UUID) -> None:
    at = open_as(cast.alice, TEMPLATE, template=waiting)
    told = [expander.label.partition(" :gray")[0] for expander in at.expander]
    assert told[-3:] == [
        "**Mona** published the template",
        "**Max** asked for the template to be published",
        "**Max** made the template",
    ]
    assert "Activity" not in headings(open_as(cast.mona, TEMPLATE, template=waiting))


def test_run_leads_to_its_template_where_that_can_be_seen(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    made = make(cast.mona)
    project_id = make_project(installation.database, cast.alice)
    run = make_run(installation.database, cast.alice, project_id=project_id, template_id=made)

    def links(actor: Actor) -> list[str]:
        return [link.label for link in open_as(actor, RUN, run=run.id).get("page_link")]

    assert "Open the template" in links(cast.vera)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE orchestration_templates SET deleted_at = now()")
    assert "Open the template" not in links(cast.vera)


def test_launch_says_the_version_before_the_click(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_project(installation.database, cast.alice)
    made = make(cast.mona)
    changed = {**DATA, "phases": DATA["phases"][:1], "model": "local:smollm2-135m"}
    save_version(cast.mona, made, changed, base_version=1)
    assert "Version 2 · 1 phase: Scope" in shown(open_as(cast.alice, LAUNCH, template=made))
