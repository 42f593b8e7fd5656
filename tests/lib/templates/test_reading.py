"""Who reads a template: a draft by who may write it, whatever the way in; and what a copy tells of its source."""

import pytest

from lib.access.actor import Actor
from lib.errors import NotFound, NotPermitted
from lib.templates import publishing
from lib.templates.files import export_template
from lib.templates.gallery import list_templates
from lib.templates.queries import TemplateFilter
from lib.templates.service import TemplateDetails, create_template, fork_template, get_template, get_template_to_launch
from lib.templates.versions.service import get_version_data, list_versions, save_version
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.templates.test_versions import data, make, publish
from tests.made_templates import make_public_template
from tests.records import row

pytestmark = pytest.mark.usefixtures("installation")

WAYS_IN = {
    "page": get_template,
    "launch": get_template_to_launch,
    "fork": fork_template,
    "file": export_template,
    "versions": list_versions,
    "version": lambda actor, template_id: get_version_data(actor, template_id, 1),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_draft_is_read_by_its_author_and_by_who_may_edit_templates(cast: Cast, way: str) -> None:
    template_id = make(cast.mona)
    for actor in (cast.max, cast.vera, cast.charlie):
        with pytest.raises(NotPermitted if way == "fork" and actor == cast.vera else NotFound):
            WAYS_IN[way](actor, template_id)
    for actor in (cast.mona, cast.alice):
        assert WAYS_IN[way](actor, template_id) is not None


def test_draft_is_not_there_in_sql_for_others(installation: Installation, cast: Cast) -> None:
    template_id = make(cast.mona)

    def seen(actor: Actor) -> list[int]:
        with doors.person(installation.database, actor) as connection:
            return [
                connection.execute(f"SELECT FROM {table}".encode()).rowcount
                for table in ("orchestration_templates", "readable_templates", "template_versions")
            ]

    assert seen(cast.max) == seen(cast.vera) == [0, 0, 0]
    assert seen(cast.alice) == [1, 1, 1]
    publish(cast.mona, template_id)
    assert seen(cast.max) == seen(cast.vera) == [1, 1, 1]


def test_note_of_a_copy_does_not_name_its_source(cast: Cast) -> None:
    source = publish(cast.mona, make(cast.mona, name="Layoffs 2027"))
    copy = fork_template(cast.mona, source)
    assert list_versions(cast.mona, copy).items[0].note == "Forked from version 1"
    assert get_template(cast.mona, copy).forked_from == (source, "Layoffs 2027")


def test_fork_of_what_is_retired_meanwhile_is_not_found(installation: Installation, cast: Cast) -> None:
    template_id = make_public_template(installation.database, cast.mona)
    publishing.make_private(cast.mona, template_id)
    with pytest.raises(NotFound):
        fork_template(cast.charlie, template_id)


def test_search_finds_the_description_that_the_card_shows(cast: Cast) -> None:
    said = {**data(), "description": "A zanzibar brief"}
    template_id = create_template(cast.max, TemplateDetails(name="N"), said)
    found = list_templates(cast.max, TemplateFilter(search="zanzibar")).items
    assert [(each.id, each.description) for each in found] == [(template_id, "A zanzibar brief")]


def test_version_is_numbered_dated_and_signed_by_the_database(installation: Installation, cast: Cast) -> None:
    template_id = make(cast.max)
    forge = (
        "INSERT INTO template_versions (organization_id, template_id, version, template_data, created_by, created_at) "
        """VALUES (%s, %s, 2147483647, '{"phases": []}', %s, '2001-01-01')"""
    )
    with doors.person(installation.database, cast.max) as connection:
        connection.execute(forge, [cast.organization_a, template_id, cast.max.user_id])
        phaseless = forge.replace('{"phases": []}', '{"x": 1}')
        assert doors.refusal(connection, phaseless, [cast.organization_a, template_id, cast.max.user_id]) == "23514"
    forged = row(installation, "SELECT * FROM template_versions WHERE template_id = %s AND version > 1", template_id)
    assert (forged["version"], forged["created_by"], forged["created_at"].year > 2001) == (2, cast.max.user_id, True)
    assert save_version(cast.max, template_id, data("Third: {{ topic }}"), base_version=2).version == 3
