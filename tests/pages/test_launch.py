"""Launch: the choices, the preview, and the launch against a real endpoint."""

from uuid import UUID, uuid4

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.config import get_settings
from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.models.project import ProjectStatus
from lib.projects.service import ProjectEntry, create_project, move_project
from lib.templates.builtin import FIRST, list_builtin_templates
from lib.ui.navigation import LAUNCH
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project, make_template
from tests.pages.conftest import OpenAs
from tests.pages.reading import (
    button,
    buttons,
    facts,
    headings,
    markdown,
    press,
    selectbox,
    shown,
    text_area,
    text_input,
)
from tests.records import row, rows

MODELS = "gpt-4o-mini,gpt-4o"
BUILTINS = [template.name for template in list_builtin_templates()]
QUESTIONS = [
    {"name": "audience", "label": "Audience", "help": "Who reads it"},
    {"name": "more", "label": "More", "kind": "long_text", "required": False},
    {"name": "budget", "label": "Budget", "kind": "number", "minimum": 0, "maximum": 100, "required": False},
    {"name": "tone", "label": "Tone", "kind": "choice", "choices": ["plain", "warm"], "default": "warm"},
    {"name": "due", "label": "Due", "kind": "date", "required": False},
]


@pytest.fixture(autouse=True)
def _published(installation: Installation) -> None:
    publish_builtin_templates(installation.database.url(Login.OWNER))


@pytest.fixture(autouse=True)
def _models(endpoint: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint's models, named by the settings."""
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", MODELS)
    get_settings.cache_clear()


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


@pytest.fixture
def at(open_as: OpenAs, cast: Cast, project_id: UUID) -> AppTest:
    """The page, as max finds it."""
    return open_as(cast.max, LAUNCH)


def launched(installation: Installation) -> list[dict[str, object]]:
    return rows(installation, "SELECT * FROM orchestration_runs")


def options(at: AppTest, label: str) -> list[str]:
    return selectbox(at, label).options


def choose(at: AppTest, label: str, name: str) -> AppTest:
    box = selectbox(at, label)
    box.select_index(box.options.index(name)).run()
    assert not at.exception
    return at


def test_without_a_project_it_says_what_to_do_first(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, LAUNCH)
    assert headings(at) == ["Launch", "There is no active project yet"]
    press(at, "Create a project")
    assert at.title[0].value == "Projects"
    assert text_area(at, "Topic")


def test_project_that_is_not_active_is_led_to_where_there_is_no_other(
    open_as: OpenAs, cast: Cast, project_id: UUID
) -> None:
    move_project(cast.max, project_id, ProjectStatus.COMPLETED)
    at = open_as(cast.max, LAUNCH)
    assert headings(at) == ["Launch", "No project is active"]
    press(at, "Look at the projects")
    assert at.title[0].value == "Projects"


def test_choices_stand_ready_with_the_whole_preview(at: AppTest) -> None:
    assert options(at, "Project") == ["Folding bicycle"]
    assert options(at, "Template") == BUILTINS
    assert selectbox(at, "Template").value.name == FIRST
    models = [option.split(" · ")[0] for option in options(at, "Model")]
    assert models == ["Default: gpt-4o-mini", *MODELS.split(",")]
    assert "It is the first on offer; neither template, project nor organization names one." in shown(at)
    assert text_area(at, "Topic").value == TOPIC
    assert "7 phases: Ideation, Research, Design" in shown(at)
    assert "which is sent the prompts and may charge for them" in shown(at)
    assert "7 prompts, rendered with what you entered." in shown(at)
    assert len(at.code) == 7
    assert all(TOPIC in prompt.value for prompt in at.code)
    assert "⟨the answer of Phase 1 “Ideation” will stand here⟩" in at.code[1].value
    assert buttons(at) == ["Launch"]


def test_run_is_launched_and_opened(at: AppTest, installation: Installation, cast: Cast, project_id: UUID) -> None:
    text_area(at, "Topic").set_value("A boat that folds")
    text_input(at, "Title").set_value("First try")
    choose(at, "Model", options(at, "Model")[2])
    assert all("A boat that folds" in prompt.value for prompt in at.code)
    press(at, "Launch")

    (run,) = launched(installation)
    assert (
        run.items()
        >= {
            "project_id": project_id,
            "user_id": cast.max.user_id,
            "topic": "A boat that folds",
            "title": "First try",
            "model": "openai:gpt-4o",
            "status": "queued",
        }.items()
    )
    assert at.title[0].value == "First try"
    assert at.query_params == {"run": str(run["id"])}
    assert [toast.value for toast in at.toast] == [r"The run is launched\."]


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Topic", "", "Topic is empty. Enter something."),
        ("Topic", "x" * 20_001, "Topic has 20,001 characters; 20,000 is the most"),
        ("Title", "x" * 300, "Title has 300 characters; 255 is the most. Shorten it."),
    ],
)
def test_wrong_entry_is_said_and_kept(
    *, at: AppTest, installation: Installation, label: str, value: str, said: str
) -> None:
    field = text_area(at, label) if label == "Topic" else text_input(at, label)
    field.set_value(value)
    at.run()
    assert said in shown(at), "the preview says so at once"

    press(at, "Launch")
    assert said in shown(at)
    assert (text_area(at, label) if label == "Topic" else text_input(at, label)).value == value
    assert launched(installation) == []


def test_endpoint_that_is_down_is_said_and_the_form_kept(
    at: AppTest, installation: Installation, endpoint: LLMockServer
) -> None:
    text_input(at, "Title").set_value("First try")
    endpoint.stop()
    press(at, "Launch")
    assert "127.0.0.1" in shown(at)
    assert "key-of-the-tests" not in shown(at)
    assert text_input(at, "Title").value == "First try"
    assert launched(installation) == []

    endpoint.start()
    press(at, "Launch")
    assert at.title[0].value == "First try"


def test_model_that_the_endpoint_does_not_have_is_said(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-nonsense")
    get_settings.cache_clear()
    at = press(open_as(cast.max, LAUNCH), "Launch")
    assert "gpt-nonsense" in shown(at)
    assert launched(installation) == []


@pytest.mark.parametrize(("name", "way_on"), [("max", []), ("alice", ["Add a connection"])])
def test_without_a_model_it_says_who_can_set_one_up(
    *,
    open_as: OpenAs,
    cast: Cast,
    project_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    way_on: list[str],
) -> None:
    for setting in ("BASE_URL", "API_KEY", "MODELS"):
        monkeypatch.delenv(f"ORCHESTRATOR_OPENAI_{setting}")
    get_settings.cache_clear()
    at = open_as(getattr(cast, name), LAUNCH)
    assert "No model is set up yet. An admin can add a connection on the Connections page." in shown(at)
    assert [link.label for link in at.get("page_link") if link.proto.page == "connections"] == way_on
    assert button(at, "Launch").disabled
    assert not at.code


def test_projects_that_are_not_active_are_not_offered(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    archived = make_project(installation.database, cast.max, name="Archived")
    move_project(cast.max, archived, ProjectStatus.ARCHIVED)
    make_project(installation.database, cast.charlie, name="A stranger's")
    for asked, said in (
        (archived, "The project “Archived” is archived. Make it active again before launching for it."),
        (uuid4(), "There is no such project, or it is not yours to see."),
        ("nonsense", "There is no such project, or it is not yours to see."),
    ):
        at = open_as(cast.max, LAUNCH, project=asked)
        assert said in shown(at)
        assert options(at, "Project") == ["Folding bicycle"]
        assert selectbox(at, "Project").value is None, "another one is not launched for in its place"
        assert button(at, "Launch").disabled
        choose(at, "Project", "Folding bicycle")
        assert said not in shown(at)
        assert not button(at, "Launch").disabled


def test_projects_of_one_name_are_told_apart(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    """Streamlit takes the last of the options that read the same."""
    other = make_project(installation.database, cast.max, topic="A boat that folds")
    at = open_as(cast.max, LAUNCH)
    assert options(at, "Project") == [f"Folding bicycle · {one.hex[-6:]}" for one in (other, project_id)]
    for chosen, topic in ((other, "A boat that folds"), (project_id, TOPIC)):
        choose(at, "Project", f"Folding bicycle · {chosen.hex[-6:]}")
        assert text_area(at, "Topic").value == topic


def test_nothing_but_what_was_shown_is_launched(
    at: AppTest, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    another = make_project(installation.database, cast.max, name="Another")
    at.run()
    choose(at, "Project", "Folding bicycle")
    move_project(cast.mona, project_id, ProjectStatus.ARCHIVED)
    press(at, "Launch")
    assert launched(installation) == []
    assert options(at, "Project") == ["Another"]

    press(at, "Launch")
    (run,) = launched(installation)
    assert run["project_id"] == another


def test_each_project_brings_its_topic_and_its_model(open_as: OpenAs, cast: Cast, project_id: UUID) -> None:
    entry = ProjectEntry(name="Boat", topic="A boat", settings={"default_ai_model": "openai:gpt-4o"})
    boat = create_project(cast.max, entry)
    at = open_as(cast.max, LAUNCH, project=boat)
    assert text_area(at, "Topic").value == "A boat"
    assert options(at, "Model")[0].startswith("Default: gpt-4o · ")
    assert "It is the project's default, which comes before the organization's." in shown(at)
    choose(at, "Project", "Folding bicycle")
    assert text_area(at, "Topic").value == TOPIC


def test_template_asks_its_questions(open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID) -> None:
    prompt = "{{ topic }} for {{ inputs.audience }} by {{ inputs.due }}, {{ inputs.tone }}"
    data = {"inputs": QUESTIONS, "phases": [{"code": "A", "name": "First", "prompt": prompt}]}
    make_template(installation.database, cast.mona, name="Asking", data=data, status="published")
    at = open_as(cast.max, LAUNCH)
    assert options(at, "Template") == ["Asking", *BUILTINS]
    assert selectbox(at, "Template").value.name == "Asking"
    assert "Answer “Audience” to see the prompts." in shown(at)
    assert ":red" not in markdown(at), "nobody has asked for a launch yet"
    press(at, "Launch")
    assert launched(installation) == []
    assert shown(at).count("This has to be answered.") == 1, "beside its question, and nowhere else"
    told = "Nothing was launched. Look at what is marked in the form, then press “Launch” again."
    assert shown(at).count(told) == 1

    text_input(at, "Audience (required)").set_value("Fishers")
    text_area(at, "More").set_value("More")
    at.number_input[0].set_value(101)
    assert (at.date_input[0].min.year, at.date_input[0].max.year) == (1900, 2200)
    at.date_input[0].set_value(None)
    at.run()
    assert selectbox(at, "Tone (required)").value == "warm"
    at.number_input[0].set_value(50)
    press(at, "Launch")
    (run,) = launched(installation)
    values = row(installation, "SELECT inputs FROM orchestration_runs WHERE id = %s", run["id"])["inputs"]["values"]
    assert values == {"audience": "Fishers", "more": "More", "budget": 50, "tone": "warm", "due": None}
    assert at.title[0].value == TOPIC


def test_number_stands_in_the_form_and_in_the_prompt_as_people_write_it(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    numbers = {"people": {"default": 40, "minimum": 1}, "share": {"default": 2.5}, "left": {"required": False}}
    inputs = [{"name": name, "label": name, "kind": "number", **more} for name, more in numbers.items()]
    phase = {"code": "A", "name": "First", "prompt": "{{ inputs.people }}, {{ inputs.share }} and {{ inputs.left }}"}
    make_template(
        installation.database, cast.mona, name="A", data={"inputs": inputs, "phases": [phase]}, status="published"
    )
    at = open_as(cast.max, LAUNCH)
    people, share, left = asked = at.number_input[: len(numbers)]  # below them is what the run may cost
    assert [each.proto.format for each in asked] == ["%g"] * 3
    assert [each.step for each in asked] == [1.0, 0.01, 1.0]
    assert (people.value, people.placeholder, share.value, left.value) == (40, "at least 1", 2.5, None)
    assert "40, 2.5 and" in shown(at)
    people.set_value(41)
    left.set_value(-0.0)
    at.run()
    assert "41, 2.5 and 0" in shown(at)
    press(at, "Launch")
    assert facts(at).items() >= {"people": "41", "share": "2.5", "left": "0"}.items()


def test_wrong_answers_are_marked_each_at_its_question(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    questions = [{"name": name, "label": f"*{name}*", "max_length": 3} for name in ("first", "second")]
    data = {"inputs": questions, "phases": [{"code": "A", "name": "First", "prompt": "{{ inputs.first }}"}]}
    make_template(installation.database, cast.mona, name="A", data=data, status="published")
    at = open_as(cast.max, LAUNCH)
    at.text_input[-1].set_value("much")
    at.run()
    assert "Answer “*first*” to see the prompts." in shown(at)
    assert "“*second*” is longer than 3 characters." in shown(at)
    press(at, "Launch")
    assert "This has to be answered." in shown(at)
    assert "This is longer than 3 characters." in shown(at)
    assert launched(installation) == []


def test_template_that_asks_for_what_is_not_there_yet_is_refused_by_name(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    data = {"phases": [{"code": "A", "name": "Judge", "prompt": "{{ topic }}", "operations": [{"type": "file"}]}]}
    make_template(installation.database, cast.mona, name="An operation", data=data, status="published")
    at = open_as(cast.max, LAUNCH)
    assert "Phase 1 “Judge” asks for operations" in shown(at)
    press(at, "Launch")
    assert launched(installation) == []


def test_cost_limit_of_nothing_is_refused_and_not_taken_for_none(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    at = open_as(cast.max, LAUNCH)
    (limit,) = (each for each in at.number_input if each.label.startswith("Cost limit"))
    limit.set_value(0.0)
    at.run()
    refused = "Cost limit must be at least $0.01 and at most $999,999."
    beside = shown(at).partition("Cost limit of a run")[2].partition("Schedule instead of now")[0]
    assert refused in beside, "it stands at the field"
    press(at, "Launch")
    assert "Nothing was launched. Look at what is marked in the form, then press “Launch” again." in shown(at)
    assert launched(installation) == []


def test_questions_that_are_missing_are_named_with_their_own_marks(
    open_as: OpenAs, installation: Installation, cast: Cast, project_id: UUID
) -> None:
    questions = [{"name": "who", "label": "Who reads it?"}, {"name": "why", "label": "Why?"}]
    data = {"inputs": questions, "phases": [{"code": "A", "name": "First", "prompt": "{{ inputs.who }}"}]}
    make_template(installation.database, cast.mona, name="A", data=data, status="published")
    at = open_as(cast.max, LAUNCH)
    assert "Answer “Who reads it?” and “Why?” to see the prompts." in shown(at)
