"""How often a template was used and how its runs went: exact however many launch and end at once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.templates.gallery import list_templates
from lib.templates.service import TemplateDetails, create_template, get_template
from lib.templates.views import TemplateFigures, TemplateSort
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import end_run, make_run

pytestmark = pytest.mark.usefixtures("installation")


def test_most_used_come_first_and_of_as_many_runs_by_name_page_after_page(
    installation: Installation, cast: Cast
) -> None:
    made = {name: create_template(cast.mona, TemplateDetails(name=name)) for name in ("b", "D", "a", "e", "C", "f")}
    project_id = make_project(installation.database, cast.mona)
    for name, runs in (("f", 11), ("e", 2)):
        for _ in range(runs):
            _launch(installation, cast.mona, project_id, made[name])
    seen, cursor = [], None
    while page := list_templates(cast.mona, sort=TemplateSort.MOST_USED, cursor=cursor, limit=2):
        seen += [template.name for template in page.items]
        if not (cursor := page.older):
            break
    assert seen == ["f", "e", "a", "b", "C", "D"]
    before = list_templates(cast.mona, sort=TemplateSort.MOST_USED, cursor=page.newer, limit=2)
    assert [template.name for template in before.items] == ["a", "b"]


def _launch(installation: Installation, actor: Actor, project_id: UUID, template_id: UUID) -> None:
    run = make_run(installation.database, actor, project_id=project_id, template_id=template_id)
    end_run(installation.database, actor, run)


def test_every_launch_and_end_of_many_at_once_is_counted_for_whose_it_is(
    installation: Installation, cast: Cast
) -> None:
    template_id = create_template(cast.mona, TemplateDetails(name="Shared"))
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE orchestration_templates SET status = 'published', is_public = true WHERE id = %s", [template_id]
        )
    projects = {actor: make_project(installation.database, actor) for actor in (cast.mona, cast.charlie)}
    with ThreadPoolExecutor(8) as threads:
        for actor in [cast.mona] * 12 + [cast.charlie] * 8:
            threads.submit(_launch, installation, actor, projects[actor], template_id)
    own, theirs = get_template(cast.mona, template_id), get_template(cast.charlie, template_id)
    assert (own.launches, theirs.launches) == (20, None)
    assert (own.figures.runs, own.figures.completed, own.figures.success_rate) == (12, 12, 1.0)
    assert (theirs.figures.runs, theirs.figures.completed) == (8, 8)
    assert own.figures.average_time_ms is not None


def test_what_has_no_runs_has_no_figures_and_stands_last_in_every_order_by_them(cast: Cast) -> None:
    template_id = create_template(cast.mona, TemplateDetails(name="Never used"))
    assert get_template(cast.mona, template_id).figures == TemplateFigures()
    for sort in TemplateSort:
        assert [found.id for found in list_templates(cast.mona, sort=sort).items] == [template_id]


def test_retry_is_no_launch_and_says_nothing_of_what_a_run_takes(installation: Installation, cast: Cast) -> None:
    template_id = create_template(cast.mona, TemplateDetails(name="Retried"))
    project_id = make_project(installation.database, cast.mona)
    first = make_run(installation.database, cast.mona, project_id=project_id, template_id=template_id)
    end_run(installation.database, cast.mona, first)
    retried = make_run(installation.database, cast.mona, project_id=project_id, template_id=None)
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE orchestration_runs SET template_id = %s, parent_run_id = %s WHERE id = %s",
            [template_id, first.id, retried.id],
        )
    end_run(installation.database, cast.mona, retried)
    template = get_template(cast.mona, template_id)
    assert (template.launches, template.figures.completed) == (1, 2)
    assert template.figures.average_cost_usd == Decimal("0.056")
