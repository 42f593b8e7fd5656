"""A template that is withdrawn while a launch asks its model: nothing is launched, and the person is told why."""

from collections.abc import Callable
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict, NotFound, OrchestratorError
from lib.runs import launch
from lib.runs.launch import LaunchRequest, launch_run
from lib.templates import publishing
from lib.templates.service import delete_template, retire_template
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template, make_version
from tests.made_runs import MODEL
from tests.made_templates import make_public_template
from tests.records import rows

pytestmark = pytest.mark.usefixtures("installation")


def attempt(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    who: Actor,
    template_id: UUID,
    meanwhile: Callable[[], None],
) -> None:
    """Launch, and have that happen while the model is asked whether it is there."""
    project_id = make_project(installation.database, who)
    monkeypatch.setattr(launch, "check_model", lambda *_: meanwhile())
    launch_run(who, LaunchRequest(project_id=project_id, template_id=template_id, model=MODEL))


def test_public_one_that_is_private_by_then_is_not_found(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    template_id = make_public_template(installation.database, cast.mona)
    with pytest.raises(NotFound):
        attempt(
            *(installation, monkeypatch, cast.charlie, template_id),
            lambda: publishing.make_private(cast.mona, template_id),
        )
    assert _launched(installation) == (0, 0)


@pytest.mark.parametrize(("is_deleted", "expected"), [(False, Conflict), (True, NotFound)])
def test_own_one_that_is_withdrawn_by_then_is_not_launched(
    installation: Installation,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_deleted: bool,
    expected: type[OrchestratorError],
) -> None:
    template_id = make_template(installation.database, cast.mona, status="published")
    make_version(installation.database, cast.mona, template_id)

    def withdraw() -> None:
        retire_template(cast.mona, template_id)
        if is_deleted:
            delete_template(cast.mona, template_id)

    with pytest.raises(expected, match="no such template" if is_deleted else "is retired by now"):
        attempt(installation, monkeypatch, cast.max, template_id, withdraw)
    assert _launched(installation) == (0, 0)


def test_launch_counts_itself(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    template_id = make_public_template(installation.database, cast.mona)
    attempt(installation, monkeypatch, cast.charlie, template_id, lambda: None)
    assert _launched(installation) == (1, 1)


def _launched(installation: Installation) -> tuple[int, int]:
    """Runs, and what the templates have counted."""
    runs = rows(installation, "SELECT id FROM orchestration_runs")
    counted = rows(installation, "SELECT usage_count FROM orchestration_templates WHERE organization_id IS NOT NULL")
    return len(runs), sum(each["usage_count"] for each in counted)
