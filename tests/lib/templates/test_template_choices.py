"""Which templates a person can launch from: through the use case, and what its queries let through."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.db.session import tenant_session
from lib.errors import NotFound, PlanInvalid
from lib.maintenance.upgrade import publish_builtin_templates
from lib.templates import queries
from lib.templates.builtin import list_builtin_templates
from lib.templates.gallery import list_template_choices, list_templates
from lib.templates.service import get_template_to_launch
from lib.templates.views import TemplateScope
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_template
from tests.made_templates import make_public_template
from tests.records import row, rows

pytestmark = pytest.mark.usefixtures("installation")

BUILTINS = [template.name for template in list_builtin_templates()]


@pytest.fixture(autouse=True)
def _published(installation: Installation) -> None:
    publish_builtin_templates(installation.database.url(Login.OWNER))


def names(actor: Actor) -> list[str]:
    return [choice.name for choice in list_template_choices(actor)]


def _can_load(actor: Actor, template_id: UUID) -> bool:
    with tenant_session(actor) as session:
        return queries.load_template(session, template_id) is not None


def test_everybody_finds_the_templates_that_come_with_it(cast: Cast) -> None:
    assert "Project plan" in BUILTINS
    for actor in (*cast.of_a, cast.charlie):
        assert names(actor) == BUILTINS


def test_project_plan_says_what_it_does(cast: Cast) -> None:
    choice = next(choice for choice in list_template_choices(cast.vera) if choice.name == "Project plan")
    assert (choice.is_builtin, choice.is_own) == (True, False)
    plan = get_template_to_launch(cast.vera, choice.id)
    assert plan.phase_names == (
        "Ideation",
        "Research",
        "Design",
        "Development Plan",
        "Execution",
        "Review & Optimize",
        "Deploy & Integrate",
    )
    assert (plan.version, plan.inputs) == (1, ())
    assert "seven" in plan.description


def test_template_is_launched_with_what_it_asks_for(installation: Installation, cast: Cast) -> None:
    data = {
        "description": "Said by the template itself",
        "model": "openai:gpt-4.1",
        "inputs": [{"name": "audience", "label": "Audience"}],
        "phases": [{"code": "A", "name": "First", "prompt": "{{ topic }}"}],
    }
    template_id = make_template(installation.database, cast.mona, data=data, status="published", version=3)
    own = get_template_to_launch(cast.max, template_id)
    assert (own.version, own.model, own.description) == (3, "openai:gpt-4.1", "Said by the template itself")
    assert [field.label for field in own.inputs] == ["Audience"]


def test_own_templates_come_before_public_ones_each_by_name(installation: Installation, cast: Cast) -> None:
    for name in ("Zebra", "Aardvark"):
        make_template(installation.database, cast.mona, name=name, status="published")
    assert names(cast.vera) == ["Aardvark", "Zebra", *BUILTINS]


@pytest.mark.parametrize("status", ["draft", "in_review"])
def test_template_that_is_not_published_is_offered_to_those_who_may_edit_it(
    installation: Installation, cast: Cast, status: str
) -> None:
    template_id = make_template(installation.database, cast.max, status=status)
    for actor in (cast.max, cast.mona):
        assert names(actor) == ["Two steps", *BUILTINS]
        assert get_template_to_launch(actor, template_id).name == "Two steps"
    another = make_template(installation.database, cast.mona, status=status)
    for actor, closed in ((cast.vera, template_id), (cast.max, another), (cast.charlie, template_id)):
        assert closed not in {choice.id for choice in list_template_choices(actor, wanted=closed)}
        with pytest.raises(NotFound):
            get_template_to_launch(actor, closed)


def test_retired_template_is_offered_to_nobody(installation: Installation, cast: Cast) -> None:
    template_id = make_template(installation.database, cast.mona, status="retired")
    assert names(cast.mona) == BUILTINS
    with pytest.raises(NotFound):
        get_template_to_launch(cast.mona, template_id)


def test_deleted_template_is_not_offered(installation: Installation, cast: Cast) -> None:
    template_id = make_template(installation.database, cast.mona, status="published", deleted_at=datetime.now(UTC))
    assert names(cast.mona) == BUILTINS
    assert not _can_load(cast.mona, template_id)


def test_stranger_finds_no_private_template(installation: Installation, cast: Cast) -> None:
    template_id = make_template(installation.database, cast.mona, status="published")
    assert _can_load(cast.vera, template_id)
    assert names(cast.charlie) == BUILTINS
    assert not _can_load(cast.charlie, template_id)
    assert not _can_load(cast.charlie, uuid4())


def test_public_template_is_everybodys_to_use(installation: Installation, cast: Cast) -> None:
    template_id = make_public_template(installation.database, cast.charlie, name="From Borealis")
    shared = next(choice for choice in list_template_choices(cast.vera) if choice.id == template_id)
    assert (shared.is_own, shared.is_builtin) == (False, False)
    assert get_template_to_launch(cast.vera, template_id).phase_names == ("Ideation", "Research")


def test_template_that_can_not_be_read_hides_no_other_and_says_so_when_it_is_chosen(
    installation: Installation, cast: Cast
) -> None:
    newer = make_template(installation.database, cast.mona, name="Newer", data={"steps": []}, status="published")
    make_template(installation.database, cast.mona, name="Readable", status="published")
    assert names(cast.vera) == ["Newer", "Readable", *BUILTINS]
    with pytest.raises(PlanInvalid, match="“steps” is not known"):
        get_template_to_launch(cast.vera, newer)


def test_the_one_that_is_asked_for_is_there_however_long_the_list(installation: Installation, cast: Cast) -> None:
    last = make_template(installation.database, cast.mona, name="Zebra", status="published")
    make_template(installation.database, cast.mona, name="Aardvark", status="published")
    found = list_template_choices(cast.vera, wanted=last, limit=1)
    assert [choice.name for choice in found] == ["Zebra", "Aardvark"]


def test_list_ends_at_its_limit(installation: Installation, cast: Cast) -> None:
    for name in ("One", "Two"):
        make_template(installation.database, cast.mona, name=name, status="published")
    assert len(list_template_choices(cast.vera, limit=2)) == 2


def test_publishing_twice_changes_nothing(installation: Installation, cast: Cast) -> None:
    everything = "SELECT to_jsonb(t) AS row FROM {} t ORDER BY id"
    before = [
        rows(installation, everything.format(table)) for table in ("orchestration_templates", "template_versions")
    ]
    publish_builtin_templates(installation.database.url(Login.OWNER))
    assert before == [
        rows(installation, everything.format(table)) for table in ("orchestration_templates", "template_versions")
    ]


def test_built_in_template_that_changed_gets_a_new_version(installation: Installation, cast: Cast) -> None:
    owner_url = installation.database.url(Login.OWNER)
    rows(
        installation,
        """UPDATE orchestration_templates SET template_data = template_data || '{"description": "As it was"}'
           WHERE name = 'Project plan' RETURNING 1""",
    )
    publish_builtin_templates(owner_url)
    choice = next(choice for choice in list_template_choices(cast.vera) if choice.name == "Project plan")
    plan = get_template_to_launch(cast.vera, choice.id)
    assert plan.version == 2
    versions = rows(installation, "SELECT version FROM template_versions WHERE template_id = %s ORDER BY 1", plan.id)
    assert [version["version"] for version in versions] == [1, 2]


def test_new_ones_arrive_beside_those_that_are_there(installation: Installation, cast: Cast) -> None:
    """As in an installation of the version before, which came with the project plan alone."""
    rows(
        installation,
        """WITH gone AS (DELETE FROM template_versions v USING orchestration_templates t
               WHERE v.template_id = t.id AND t.organization_id IS NULL AND t.name <> 'Project plan' RETURNING 1)
           SELECT count(*) FROM gone""",
    )
    rows(
        installation,
        "DELETE FROM orchestration_templates WHERE organization_id IS NULL AND name <> 'Project plan' RETURNING 1",
    )
    before = row(installation, "SELECT to_jsonb(t) AS kept FROM orchestration_templates t")
    assert names(cast.vera) == ["Project plan"]
    publish_builtin_templates(installation.database.url(Login.OWNER))
    assert names(cast.vera) == BUILTINS
    kept = row(installation, "SELECT to_jsonb(t) AS kept FROM orchestration_templates t WHERE name = 'Project plan'")
    assert kept == before
    template = next(t for t in list_templates(cast.vera).items if t.name == "Ticket digest")
    assert (template.scope, template.publisher, template.version) == (TemplateScope.PUBLIC, "AI Orchestrator", 1)


def test_built_in_template_is_found_by_its_name(installation: Installation, cast: Cast) -> None:
    make_template(installation.database, cast.mona, name="Project plan", status="published")
    url = make_url(installation.database.url(Login.OWNER)).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with Session(engine) as session:
        found = queries.find_builtin(session, "Project plan")
        assert found is not None
        assert found.organization_id is None
        assert queries.find_builtin(session, "Nobody's") is None
    engine.dispose()
