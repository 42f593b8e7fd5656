"""Versions of a template: saved on top of each other, rolled back, offered at once or after another person's word."""

from typing import Any
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.models.template import TemplateStatus
from lib.templates import publishing
from lib.templates.gallery import list_templates
from lib.templates.queries import TemplateFilter
from lib.templates.service import TemplateDetails, create_template, fork_template, get_template
from lib.templates.versions.service import get_version_data, list_versions, roll_back, save_version
from lib.templates.views import TemplateScope
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_templates import let_publish_to_everybody

pytestmark = pytest.mark.usefixtures("installation")


@pytest.fixture(autouse=True)
def _pro(installation: Installation, cast: Cast) -> None:
    """A tier that lets an organization publish to everybody."""
    let_publish_to_everybody(installation.database)


def data(prompt: str = "Write about {{ topic }}.") -> dict[str, Any]:
    return {"schema_version": 1, "phases": [{"code": "Phase 0", "name": "Only", "prompt": prompt}]}


def make(actor: Actor, **named: Any) -> UUID:
    return create_template(actor, TemplateDetails(name=named.pop("name", "Brief"), **named), data())


def publish(actor: Actor, template_id: UUID) -> UUID:
    assert publishing.publish_template(actor, template_id)
    return template_id


def test_new_one_is_a_draft_with_its_first_version(cast: Cast) -> None:
    template = get_template(cast.max, make(cast.max, tags=("Research", "research ", "B")))
    assert (template.status, template.version, template.scope) == (TemplateStatus.DRAFT, 1, TemplateScope.MINE)
    assert template.tags == ("research", "b")
    assert [version.version for version in list_versions(cast.max, template.id).items] == [1]


def test_saved_version_is_the_one_that_is_offered_and_the_one_before_stays(cast: Cast) -> None:
    template_id = make(cast.max)
    saved = save_version(cast.max, template_id, data("Second: {{ topic }}"), base_version=1, note="Clearer")
    assert (saved.version, saved.is_offered) == (2, True)
    assert get_template(cast.max, template_id).data.phases[0].prompt == "Second: {{ topic }}"
    assert get_version_data(cast.max, template_id, 1).phases[0].prompt == "Write about {{ topic }}."
    newest = list_versions(cast.max, template_id).items[0]
    assert (newest.version, newest.note, newest.is_offered) == (2, "Clearer", True)
    assert newest.author
    assert newest.author.name == cast.max.full_name


def test_roll_back_saves_the_older_one_on_top(cast: Cast) -> None:
    template_id = make(cast.max)
    save_version(cast.max, template_id, data("Second: {{ topic }}"), base_version=1)
    assert roll_back(cast.max, template_id, 1).version == 3
    template = get_template(cast.max, template_id)
    assert (template.version, template.data.phases[0].prompt) == (3, "Write about {{ topic }}.")
    assert list_versions(cast.max, template_id).items[0].note == "Back to version 1"


def test_second_of_two_who_began_with_the_same_version_is_told(cast: Cast) -> None:
    template_id = make(cast.mona)
    save_version(cast.mona, template_id, data("Hers: {{ topic }}"), base_version=1)
    with pytest.raises(Conflict, match="Version 2 was saved meanwhile; yours began with 1"):
        save_version(cast.alice, template_id, data("His: {{ topic }}"), base_version=1)


def test_version_that_changes_nothing_is_refused(cast: Cast) -> None:
    template_id = make(cast.max)
    with pytest.raises(InvalidInput, match="Nothing differs from version 1"):
        save_version(cast.max, template_id, data(), base_version=1)


def test_members_version_of_a_published_template_waits_for_somebody_who_may_publish(cast: Cast) -> None:
    template_id = make(cast.max)
    assert not publishing.publish_template(cast.max, template_id)
    waiting = get_template(cast.mona, template_id)
    assert (waiting.status, waiting.is_waiting) == (TemplateStatus.IN_REVIEW, True)
    assert waiting.review
    assert waiting.review.may_decide
    publishing.approve(cast.mona, waiting.review.id)
    assert get_template(cast.max, template_id).status is TemplateStatus.PUBLISHED

    saved = save_version(cast.max, template_id, data("Second: {{ topic }}"), base_version=1)
    assert not saved.is_offered
    seen = get_template(cast.mona, template_id)
    assert (seen.version, seen.newest_version, seen.data.phases[0].prompt) == (1, 2, "Write about {{ topic }}.")
    assert seen.review
    publishing.reject(cast.mona, seen.review.id, "Say for whom.")
    after = get_template(cast.max, template_id)
    assert (after.version, after.is_waiting) == (1, False)
    assert after.review
    assert after.review.comment == "Say for whom."


def test_public_is_what_another_person_has_agreed_to(cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    assert not publishing.make_public(cast.mona, template_id)
    review = get_template(cast.mona, template_id).review
    assert review
    assert review.may_withdraw
    assert not review.may_decide
    with pytest.raises(NotPermitted, match="somebody else decides"):
        publishing.approve(cast.mona, review.id)
    with pytest.raises(NotFound):
        get_template(cast.charlie, template_id)
    publishing.approve(cast.alice, review.id)
    public = get_template(cast.charlie, template_id)
    assert (public.scope, public.publisher) == (TemplateScope.PUBLIC, cast.alice.organization_name)
    assert (public.maker, public.launches, public.review) == (None, None, None)


def test_tier_without_it_publishes_to_nobody(installation: Installation, cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'free'")
    with pytest.raises(Conflict, match="Templates published to everybody are not part of the tier Free"):
        publishing.make_public(cast.mona, template_id)


def test_other_organizations_read_the_offered_version_and_no_other(cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    publishing.make_public(cast.mona, template_id)
    publishing.approve(cast.alice, _review(cast.alice, template_id))
    assert not save_version(cast.mona, template_id, data("Not yet: {{ topic }}"), base_version=1).is_offered
    assert get_template(cast.charlie, template_id).data.phases[0].prompt == "Write about {{ topic }}."
    publishing.approve(cast.alice, _review(cast.alice, template_id))
    assert get_template(cast.charlie, template_id).data.phases[0].prompt == "Not yet: {{ topic }}"
    assert list_versions(cast.charlie, template_id).items == (), "neither numbers nor notes nor authors"
    for version in (1, 2):
        with pytest.raises(NotFound):
            get_version_data(cast.charlie, template_id, version)


def test_fork_is_a_draft_of_ones_own_that_names_its_source(cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona, name="Original"))
    copy = get_template(cast.max, fork_template(cast.max, template_id))
    assert (copy.name, copy.status, copy.forked_from) == (
        "Copy of Original",
        TemplateStatus.DRAFT,
        (template_id, "Original"),
    )


def test_gallery_shows_ones_own_the_organizations_and_public_ones_each_in_its_place(cast: Cast) -> None:
    make(cast.max, name="Draft of Max")
    publish(cast.mona, make(cast.mona, name="Of Mona"))

    def shown(actor: Actor, scope: TemplateScope) -> list[str]:
        return [template.name for template in list_templates(actor, TemplateFilter(scope=scope)).items]

    assert shown(cast.max, TemplateScope.MINE) == ["Draft of Max"]
    assert shown(cast.max, TemplateScope.ORGANIZATION) == ["Of Mona"]
    assert shown(cast.vera, TemplateScope.ORGANIZATION) == ["Of Mona"]
    assert shown(cast.mona, TemplateScope.ORGANIZATION) == ["Draft of Max"]
    assert shown(cast.charlie, TemplateScope.PUBLIC) == []


def _review(actor: Actor, template_id: UUID) -> UUID:
    review = get_template(actor, template_id).review
    assert review is not None
    return review.id
