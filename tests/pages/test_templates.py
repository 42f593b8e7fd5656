"""The gallery of templates: whose, what it is narrowed to and sorted by, and what a card offers."""

import re
from typing import Any
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.models.template import TemplateStatus
from lib.templates import publishing, service
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.ui.navigation import LAUNCH, TEMPLATES
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TEMPLATE_DATA, make_project
from tests.made_runs import end_run, make_run
from tests.made_templates import let_publish_to_everybody
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, selectbox, shown, text_area, text_input
from tests.records import row


@pytest.fixture(autouse=True)
def _pro(installation: Installation, cast: Cast) -> None:
    let_publish_to_everybody(installation.database)


def make(actor: Actor, name: str, *, is_published: bool = True, **details: Any) -> UUID:
    made = create_template(actor, TemplateDetails(name=name, **details), TEMPLATE_DATA)
    if is_published:
        publishing.publish_template(actor, made)
    return made


@pytest.fixture
def three(installation: Installation, cast: Cast) -> dict[str, UUID]:
    """Two of the organization, one of which has run, and one that is mona's draft; another one is public."""
    made = {
        "Market brief": make(cast.alice, "Market brief", category="research", tags=("market",), description="Sourced"),
        "Release notes": make(cast.mona, "Release notes", category="product"),
        "Half written": make(cast.mona, "Half written", is_published=False),
    }
    with doors.admin(installation.database) as connection:
        connection.execute('UPDATE organizations SET settings = \'{"publishing": {"requires_approval": false}}\'')
    publishing.make_public(cast.charlie, make(cast.charlie, "From afar", category="research"))
    run = make_run(
        installation.database,
        cast.alice,
        project_id=make_project(installation.database, cast.alice),
        template_id=made["Market brief"],
    )
    end_run(installation.database, cast.alice, run)
    return made


def cards(at: AppTest) -> list[str]:
    """The names on the cards, in their order."""
    return [heading.partition(": ")[2] for heading in headings(at) if heading.startswith(":material/")]


def menus(at: AppTest) -> list[list[str]]:
    return [list(menu.options) for menu in at.menu_button]


def parts(at: AppTest) -> list[str]:
    return [option.replace(":gray[", "").rstrip("]") for option in at.segmented_control(key="templates-scope").options]


def test_each_person_finds_what_is_theirs_and_what_they_may_do_with_it(
    open_as: OpenAs, cast: Cast, three: dict[str, UUID]
) -> None:
    at = open_as(cast.mona, TEMPLATES)
    assert cards(at) == ["Market brief", "From afar", "Half written", "Release notes"]
    assert parts(at) == ["All 4", "Mine 2", "Organization 1", "Public 1", "Retired"]
    whole = ["Edit", "Fork", "Retire…"]
    assert menus(at) == [whole, ["Fork"], whole, whole]

    at = open_as(cast.max, TEMPLATES)
    assert cards(at) == ["Market brief", "From afar", "Release notes"]
    assert menus(at) == [["Fork"]] * 3

    at = open_as(cast.vera, TEMPLATES)
    assert parts(at) == ["All 3", "Mine", "Organization 2", "Public 1"]
    assert menus(at) == []
    assert "Use" not in buttons(at)
    assert "New template" not in buttons(at)


def test_card_says_what_is_known_of_its_runs(open_as: OpenAs, cast: Cast, three: dict[str, UUID]) -> None:
    said = shown(open_as(cast.vera, TEMPLATES))
    assert re.search(r"v1 · 2 phases · \$0\.06 · [\d.]+ m?s · 100 % ok · 1 run\b", said)
    assert "v1 · 2 phases · no runs yet" in said


def test_address_narrows_and_sorts_and_the_widgets_write_it(
    open_as: OpenAs, cast: Cast, three: dict[str, UUID]
) -> None:
    at = open_as(cast.mona, TEMPLATES, category="research", sort="name")
    assert cards(at) == ["From afar", "Market brief"]
    at.segmented_control(key="templates-scope").set_value("organization")
    assert cards(at.run()) == ["Market brief"]
    assert at.query_params == {"scope": "organization", "category": "research", "sort": "name"}
    selectbox(at, "Tag").set_value("market")
    assert cards(at.run()) == ["Market brief"]
    text_input(at, "Search").set_value("zeppelin")
    assert headings(at.run()) == ["Templates", "No template matches these filters"]
    assert "Whose: Organization · Search: zeppelin · Category: Research · Tag: market" in shown(at)
    assert len(cards(press(at, "Clear the filters"))) == 4
    assert cards(open_as(cast.mona, TEMPLATES, search="sourced")) == ["Market brief"]


def test_pages_are_turned_by_key(
    open_as: OpenAs, cast: Cast, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(26):
        make(cast.alice, f"Number {number:02}")
    at = open_as(cast.vera, TEMPLATES, sort="name")
    assert len(cards(at)) == 24
    assert cards(press(at, "More")) == ["Number 24", "Number 25"]
    assert cards(press(at, "Back"))[0] == "Number 00"


def test_nothing_at_all_says_what_will_be_here(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, TEMPLATES)
    assert headings(at) == ["Templates", "No templates yet"]
    assert buttons(at) == ["Import", "New template", "Write the first template"]
    assert buttons(open_as(cast.vera, TEMPLATES)) == []
    assert headings(open_as(cast.vera, TEMPLATES, page="nonsense")) == ["Templates", "This page of the list is empty"]


def test_use_leads_to_the_launch_and_preview_to_the_page(open_as: OpenAs, cast: Cast, three: dict[str, UUID]) -> None:
    at = open_as(cast.max, TEMPLATES, search="release")
    at = press(at, "Use")
    assert at.title[0].value == LAUNCH.title
    assert at.query_params == {"template": str(three["Release notes"])}
    at = press(open_as(cast.vera, TEMPLATES, search="release"), "Preview")
    assert at.title[0].value == "Release notes"


def test_fork_is_a_draft_of_ones_own_and_opens(open_as: OpenAs, cast: Cast, three: dict[str, UUID]) -> None:
    at = open_as(cast.max, TEMPLATES, search="afar")
    at.menu_button[0].click("Fork").run()
    assert at.title[0].value == "Copy of From afar"
    copy = get_template(cast.max, UUID(at.query_params["template"]))
    assert (copy.status, copy.forked_from and copy.forked_from[1]) == (TemplateStatus.DRAFT, "From afar")


def test_retired_one_is_found_by_itself_and_restored(open_as: OpenAs, cast: Cast, three: dict[str, UUID]) -> None:
    at = open_as(cast.mona, TEMPLATES, search="release")
    at.menu_button[0].click("Retire…").run()
    at.menu_button[0].click("Retire…")  # what is pressed next is pressed in the dialog
    press(at, "Retire the template")
    assert cards(open_as(cast.mona, TEMPLATES)) == ["Market brief", "From afar", "Half written"]
    at = open_as(cast.mona, TEMPLATES, scope="retired")
    assert menus(at) == [["Fork", "Restore"]]
    at.menu_button[0].click("Restore").run()
    assert get_template(cast.mona, three["Release notes"]).status is TemplateStatus.DRAFT
    service.retire_template(cast.mona, three["Release notes"])
    assert "Retired" not in "".join(parts(open_as(cast.vera, TEMPLATES, scope="retired")))
    assert cards(open_as(cast.max, TEMPLATES, scope="retired")) == [], "not theirs to restore"


def test_new_template_is_made_of_what_was_entered(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    at = press(open_as(cast.max, TEMPLATES), "New template")
    press(at, "New template", "Create and edit")
    assert "Name is empty" in shown(at)
    text_input(at, "Name").set_value("Weekly news")
    text_area(at, "Description").set_value("All of it")
    press(at, "New template", "Create and edit")
    made = row(installation, "SELECT * FROM orchestration_templates")
    assert made.items() >= {"name": "Weekly news", "description": "All of it", "status": "draft"}.items()
    assert made["created_by"] == cast.max.user_id


def test_words_of_others_on_cards_stay_words(open_as: OpenAs, cast: Cast) -> None:
    nasty = "<b>x</b> :red[hot] ![i](https://evil.example/i.png)"
    make(cast.alice, nasty[:40], description=nasty, category=nasty, tags=(nasty[:40],))
    at = open_as(cast.vera, TEMPLATES)
    assert "<b>x" not in "".join(one.value for one in at.html if not one.value.startswith("<style"))
    assert ":red[hot]" not in "".join(one.value for one in (*at.subheader, *at.markdown))
