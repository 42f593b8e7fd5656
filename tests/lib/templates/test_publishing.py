"""Requests for somebody's word: none is lost, none leads nowhere, and none lets more be read than was agreed to."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import Conflict, NotFound, NotPermitted
from lib.models.template import ReviewDecision, TemplateStatus
from lib.organizations.service import get_frame
from lib.templates import publishing
from lib.templates.service import TemplateDetails, delete_template, get_template, update_details
from lib.templates.versions.service import save_version
from lib.templates.views import ReviewRequest
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.templates.test_versions import data, make, publish
from tests.made_templates import let_publish_to_everybody
from tests.workers import until

pytestmark = pytest.mark.usefixtures("installation")

SECOND, THIRD = data("Second: {{ topic }}"), data("Third: {{ topic }}")
CARD = TemplateDetails(name="Another name", description="Another description", category="other", tags=("new",))


@pytest.fixture(autouse=True)
def _pro(installation: Installation, cast: Cast) -> None:
    """A tier that lets an organization publish to everybody."""
    let_publish_to_everybody(installation.database)


@pytest.fixture
def public(cast: Cast) -> UUID:
    """mona's, to which alice has agreed."""
    template_id = publish(cast.mona, make(cast.mona))
    publishing.make_public(cast.mona, template_id)
    publishing.approve(cast.alice, review(cast.alice, template_id).id)
    return template_id


def review(actor: Actor, template_id: UUID) -> ReviewRequest:
    found = get_template(actor, template_id).review
    assert found
    return found


def test_version_that_is_saved_while_one_waits_waits_in_its_place(cast: Cast) -> None:
    template_id = make(cast.max)
    publishing.publish_template(cast.max, template_id)
    saved = save_version(cast.max, template_id, SECOND, base_version=1)
    assert (saved.is_offered, saved.replaces) == (False, 1)
    waiting = get_template(cast.mona, template_id)
    assert (waiting.status, waiting.is_waiting) == (TemplateStatus.IN_REVIEW, True)
    assert review(cast.mona, template_id).version == 2
    publishing.approve(cast.mona, review(cast.mona, template_id).id)
    published = get_template(cast.mona, template_id)
    assert (published.status, published.version) == (TemplateStatus.PUBLISHED, 2)


def test_publics_request_goes_over_to_the_next_version(cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    publishing.make_public(cast.mona, template_id)
    saved = save_version(cast.mona, template_id, SECOND, base_version=1)
    assert (saved.is_offered, saved.replaces) == (True, 1)
    asked = review(cast.alice, template_id)
    assert (asked.version, asked.makes_public, asked.decision) == (2, True, None)


def test_whoever_approves_while_a_version_is_saved_is_told(installation: Installation, cast: Cast) -> None:
    template_id = make(cast.max)
    publishing.publish_template(cast.max, template_id)
    first = review(cast.mona, template_id).id
    with doors.admin(installation.database) as connection:
        connection.execute("SELECT FROM orchestration_templates WHERE id = %s FOR UPDATE", [template_id])
        with attempt(lambda: save_version(cast.max, template_id, SECOND, base_version=1)) as saved:
            until(lambda: is_waiting(installation))
            with attempt(lambda: publishing.approve(cast.mona, first)) as approved:
                connection.rollback()
    template = get_template(cast.mona, template_id)
    assert saved
    assert template.is_waiting, "whoever was first, the second version waits"
    assert review(cast.mona, template_id).version == 2
    expected = TemplateStatus.PUBLISHED if approved == [None] else TemplateStatus.IN_REVIEW
    assert template.status is expected


@pytest.mark.parametrize("ends", ["refused", "taken back"])
def test_version_that_came_to_nothing_is_asked_for_again(cast: Cast, ends: str) -> None:
    template_id = make(cast.max)
    publishing.publish_template(cast.max, template_id)
    publishing.approve(cast.mona, review(cast.mona, template_id).id)
    save_version(cast.max, template_id, SECOND, base_version=1)
    if ends == "refused":
        publishing.reject(cast.mona, review(cast.mona, template_id).id, "Not now")
    else:
        publishing.withdraw(cast.max, review(cast.max, template_id).id)
    assert not publishing.offer_version(cast.max, template_id, 2)
    with pytest.raises(Conflict, match="Version 2 waits for a decision already"):
        publishing.offer_version(cast.max, template_id, 2)
    publishing.approve(cast.mona, review(cast.mona, template_id).id)
    assert get_template(cast.max, template_id).version == 2
    assert publishing.offer_version(cast.mona, template_id, 1), "who may publish needs nobody's word"
    with pytest.raises(Conflict, match="offered already"):
        publishing.offer_version(cast.mona, template_id, 1)


def test_version_is_offered_by_who_may_edit_the_template(cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    save_version(cast.mona, template_id, SECOND, base_version=1)
    with pytest.raises(NotPermitted):
        publishing.offer_version(cast.max, template_id, 1)
    with pytest.raises(NotFound):
        publishing.offer_version(cast.charlie, template_id, 1)
    with pytest.raises(NotFound):
        publishing.offer_version(cast.mona, template_id, 7)


def test_public_goes_back_to_a_version_that_was_agreed_to(cast: Cast, public: UUID) -> None:
    save_version(cast.mona, public, SECOND, base_version=1)
    publishing.approve(cast.alice, review(cast.alice, public).id)
    assert publishing.offer_version(cast.mona, public, 1)
    assert get_template(cast.charlie, public).version == 1


def test_tier_is_looked_at_when_it_is_decided(installation: Installation, cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    publishing.make_public(cast.mona, template_id)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'free'")
    with pytest.raises(Conflict, match="not part of the tier Free"):
        publishing.approve(cast.alice, review(cast.alice, template_id).id)
    assert not get_template(cast.alice, template_id).is_public


def test_what_was_made_private_stays_so_whatever_waited(cast: Cast, public: UUID) -> None:
    save_version(cast.mona, public, SECOND, base_version=1)
    waiting = review(cast.alice, public).id
    publishing.make_private(cast.mona, public)
    with pytest.raises(Conflict, match="withdrawn by now"):
        publishing.approve(cast.alice, waiting)
    save_version(cast.mona, public, THIRD, base_version=2)
    assert not get_template(cast.mona, public).is_public


def test_card_that_everybody_reads_waits_for_another_person(cast: Cast, public: UUID) -> None:
    before = get_template(cast.charlie, public)
    assert not update_details(cast.mona, public, CARD)
    assert get_template(cast.charlie, public).name == before.name
    with pytest.raises(NotPermitted):
        publishing.approve(cast.mona, review(cast.mona, public).id)
    publishing.approve(cast.alice, review(cast.alice, public).id)
    after = get_template(cast.charlie, public)
    assert (after.name, after.description, after.category, after.tags) == (
        *(CARD.name, CARD.description, CARD.category),
        CARD.tags,
    )
    assert after.version == before.version


def test_card_that_changed_while_private_is_agreed_to_anew(cast: Cast, public: UUID) -> None:
    publishing.make_private(cast.mona, public)
    assert update_details(cast.mona, public, CARD)
    assert not publishing.make_public(cast.mona, public)
    assert review(cast.alice, public).card == {**vars_of(CARD), "tags": ["new"]}
    publishing.approve(cast.alice, review(cast.alice, public).id)
    assert get_template(cast.charlie, public).name == CARD.name


def test_card_is_public_as_it_was_when_it_was_asked_for(cast: Cast) -> None:
    template_id = publish(cast.mona, make(cast.mona))
    publishing.make_public(cast.mona, template_id)
    seen = review(cast.alice, template_id)
    update_details(cast.mona, template_id, CARD)
    with pytest.raises(Conflict, match="withdrawn by now"):
        publishing.approve(cast.alice, seen.id)
    publishing.approve(cast.alice, review(cast.alice, template_id).id)
    assert get_template(cast.charlie, template_id).name == CARD.name


@pytest.mark.parametrize("decision", [ReviewDecision.APPROVED, ReviewDecision.REJECTED])
@pytest.mark.parametrize("makes_public", [False, True])
def test_permission_to_publish_is_enough_to_decide(
    installation: Installation, cast: Cast, *, decision: ReviewDecision, makes_public: bool
) -> None:
    template_id = make(cast.mona if makes_public else cast.max)
    (publishing.make_public if makes_public else publishing.publish_template)(
        cast.mona if makes_public else cast.max, template_id
    )
    with doors.admin(installation.database) as connection:
        connection.execute(
            """UPDATE users SET permissions = '["templates.publish"]' WHERE id = %s""", [cast.vera.user_id]
        )
    publisher = replace(cast.vera, extra_permissions=frozenset({Permission.TEMPLATES_PUBLISH}))
    asked = review(publisher, template_id)
    assert asked.may_decide
    if decision is ReviewDecision.APPROVED:
        publishing.approve(publisher, asked.id)
    else:
        publishing.reject(publisher, asked.id, "No")
    expected = TemplateStatus.PUBLISHED if decision is ReviewDecision.APPROVED else TemplateStatus.DRAFT
    assert get_template(cast.mona, template_id).status is expected
    for change in ("name = 'Mine'", "deleted_at = now()", "status = 'retired'"):
        with doors.person(installation.database, publisher) as connection:
            statement = f"UPDATE orchestration_templates SET {change} WHERE id = %s"
            assert doors.reached(connection, statement, [template_id]) in {0, "42501"}, change


@pytest.mark.parametrize("publishes", [publishing.publish_template, publishing.make_public])
def test_manager_who_publishes_it_has_decided(
    installation: Installation, cast: Cast, publishes: Callable[[Actor, UUID], bool]
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute('UPDATE organizations SET settings = \'{"publishing": {"requires_approval": false}}\'')
    template_id = make(cast.max)
    publishing.publish_template(cast.max, template_id)
    assert publishes(cast.mona, template_id)
    template = get_template(cast.max, template_id)
    assert (template.is_waiting, template.status) == (False, TemplateStatus.PUBLISHED)
    assert review(cast.max, template_id).decision is ReviewDecision.APPROVED


def test_draft_that_waits_is_not_deleted_and_counts_no_longer_once_it_is(cast: Cast) -> None:
    template_id = make(cast.mona)
    publishing.make_public(cast.mona, template_id)
    assert get_template(cast.mona, template_id).status is TemplateStatus.IN_REVIEW
    with pytest.raises(Conflict, match="take the request back"):
        delete_template(cast.mona, template_id)
    assert get_frame(cast.alice).waiting_templates == 1
    publishing.withdraw(cast.mona, review(cast.mona, template_id).id)
    delete_template(cast.mona, template_id)
    assert get_frame(cast.alice).waiting_templates == 0


def vars_of(card: TemplateDetails) -> dict[str, object]:
    return {"name": card.name, "description": card.description, "category": card.category}
