"""What a template's page offers for each of its versions, and what a request about its card shows."""

from uuid import UUID

import pytest

from lib.templates import publishing
from lib.templates.service import TemplateDetails, get_template, update_details
from lib.templates.versions.service import save_version
from lib.ui.navigation import TEMPLATE
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_templates import let_publish_to_everybody
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, markdown, markup, press, shown
from tests.pages.test_template import DATA, changed, make


@pytest.fixture(autouse=True)
def _pro(installation: Installation, cast: Cast) -> None:
    let_publish_to_everybody(installation.database)


@pytest.fixture
def public(cast: Cast) -> UUID:
    """mona's, to which alice has agreed."""
    made = make(cast.mona)
    publishing.make_public(cast.mona, made)
    review = get_template(cast.alice, made).review
    assert review
    publishing.approve(cast.alice, review.id)
    return made


def test_version_that_was_taken_back_is_asked_for_again(open_as: OpenAs, cast: Cast, public: UUID) -> None:
    save_version(cast.mona, public, changed("Write it in two pages"), base_version=1)
    at = open_as(cast.mona, TEMPLATE, template=public)
    assert "Ask again" not in buttons(at), "it waits"
    press(at, "Take it back")
    at = press(open_as(cast.mona, TEMPLATE, template=public), "Ask again")
    assert get_template(cast.alice, public).is_waiting
    assert "Version 2 waits for somebody's word" in headings(open_as(cast.alice, TEMPLATE, template=public))


def test_each_version_is_offered_and_exported_where_it_is_listed(open_as: OpenAs, cast: Cast) -> None:
    made = make(cast.mona)
    save_version(cast.mona, made, changed("Write it in two pages"), base_version=1)
    at = open_as(cast.mona, TEMPLATE, template=made)
    exports = [button.label for button in at.get("download_button")]
    assert exports.count("Export this version") == 2
    press(at, "Offer this version")
    assert get_template(cast.mona, made).version == 1
    assert "Offer this version" not in buttons(open_as(cast.max, TEMPLATE, template=made))


def test_other_card_is_shown_to_who_decides(open_as: OpenAs, cast: Cast, public: UUID) -> None:
    update_details(cast.mona, public, TemplateDetails(name="Free <b>bitcoin</b>", category="research"))
    at = open_as(cast.alice, TEMPLATE, template=public)
    assert "Another card waits for somebody's word" in headings(at)
    assert "Free &lt;b&gt;bitcoin&lt;/b&gt;" in markup(at)
    press(at, "Approve")
    assert get_template(cast.charlie, public).name == "Free <b>bitcoin</b>"


def test_questions_that_are_labelled_alike_or_reordered_are_told_apart(open_as: OpenAs, cast: Cast) -> None:
    depth = {"label": "Depth", "kind": "text", "required": False}
    before = {**DATA, "inputs": [{"name": "depth", **depth}, {"name": "other", **depth}]}
    after = {**DATA, "inputs": [{"name": "other", **depth, "required": True}, {"name": "depth", **depth}]}
    made = make(cast.mona)
    save_version(cast.mona, made, before, base_version=1)
    save_version(cast.mona, made, after, base_version=2)
    at = open_as(cast.mona, TEMPLATE, template=made)
    at.toggle[0].set_value(True).run()
    assert "Question **Depth** :gray[· changed]" in markdown(at)
    assert "It has to be answered" in markup(at)
    assert "Asks for" not in markup(at), "what stayed is not said"
    assert "Order of the questions" in markup(at)
    assert "Both versions say the same" not in shown(at)


def test_added_questions_and_phases_say_all_their_settings(open_as: OpenAs, cast: Cast) -> None:
    guests = {"name": "how_many_guests", "label": "How many guests?", "kind": "number", "minimum": 2}
    check = {
        "code": "check",
        "name": "Check",
        "prompt": "Is it right?",
        "depends_on": [DATA["phases"][0]["code"]],
        "condition": "inputs.how_many_guests == 3",
        "model": "openai:gpt-4o",
        "review": {},
        "output": {"kind": "json"},
    }
    made = make(cast.mona)
    save_version(cast.mona, made, {**DATA, "inputs": [guests], "phases": [*DATA["phases"], check]}, base_version=1)
    at = open_as(cast.mona, TEMPLATE, template=made)
    at.toggle[0].set_value(True).run()
    assert "Question **How many guests?** :gray[· added]" in markdown(at)
    assert "Phase **Check** :gray[· added]" in markdown(at)
    said = markup(at)
    for name in ("At least", "Answered by", "After", "Condition", "Model", "Approvals needed", "The answer is"):
        assert f'<th scope="row">{name}</th>' in said, name
    assert DATA["phases"][0]["name"] in said
    assert "<th>Field</th><th>Version 2</th>" in said, "“After” is what a phase waits for"
    assert "how_many_guests.minimum" not in said


def test_what_a_phase_waits_for_is_named_as_the_editor_names_it(open_as: OpenAs, cast: Cast) -> None:
    first, *rest = DATA["phases"]
    ending = {"code": "end", "name": "End", "prompt": "Sum it up."}
    made = make(cast.mona)
    save_version(cast.mona, made, {**DATA, "phases": [first, *rest, ending]}, base_version=1)
    save_version(cast.mona, made, {**DATA, "phases": [ending, first, *rest]}, base_version=2)
    at = open_as(cast.mona, TEMPLATE, template=made)
    at.toggle[0].set_value(True).run()
    said = " ".join(markup(at).split())
    last = [first, *rest][-1]["name"]
    assert "the phase before" not in said
    assert f">\N{MINUS SIGN}</b>{last}</span>" in said, "it stood behind that one"
    assert ">+</b>Begins at once</span>" in said
    assert ">+</b>End</span>" in said, "the first one waits for it now, though it says the same"
