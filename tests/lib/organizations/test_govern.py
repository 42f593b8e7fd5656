"""What admins do with their own organization: its settings, its names, its end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lib.audit.service import list_organization_changes
from lib.db.logins import Login
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotPermitted
from lib.models.organization import Tier
from lib.organizations.fields import LABELS
from lib.organizations.operator import change_tier
from lib.organizations.service import (
    ask_deletion,
    change_organization,
    get_organization,
    is_own_slug,
    take_deletion_back,
)
from lib.organizations.structures import OrganizationSettings
from lib.users.views import SOME_OPERATOR
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import rows

#: A new value for every field.
ENTERED: dict[str, Any] = {
    "name": "Acme Labs",
    "slug": "acme-labs",
    "default_ai_model": "openai:gpt-5",
    "integration_enabled": True,
    "notification_preferences.email": False,
    "notification_preferences.slack": True,
    "security_settings.require_2fa": True,
    "security_settings.grace_days": 0,
    "security_settings.session_timeout": 7200,
    "security_settings.min_password_length": 16,
    "security_settings.email_domains": ["acme.example"],
    "security_settings.members_see_own_only": True,
    "retention.audit_days": 90,
    "retention.usage_days": 60,
    "retention.run_days": 30,
    "limits.concurrent_runs": 2,
    "limits.monthly_cost_usd": 99.5,
    "publishing.requires_approval": False,
}


@pytest.fixture(autouse=True)
def _uses(installation: Installation) -> None:
    """All of it is asked of a database."""


def stored(installation: Installation, cast: Cast) -> dict[str, Any]:
    [row] = rows(installation, "SELECT settings FROM organizations WHERE id = %s", cast.organization_a)
    found: dict[str, Any] = row["settings"]
    return found


def write(installation: Installation, statement: str, *values: object) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(statement.encode(), values)


def test_every_setting_has_its_field_and_is_saved(installation: Installation, cast: Cast) -> None:
    assert set(ENTERED) == set(LABELS), "no setting is without a field"
    seen = get_organization(cast.alice).values
    assert all(seen[field] != value for field, value in ENTERED.items())
    assert change_organization(cast.alice, ENTERED, seen=seen)
    after = get_organization(cast.alice)
    assert after.values == ENTERED
    assert (after.name, after.slug, after.former_slugs) == ("Acme Labs", "acme-labs", ("acme",))
    settings = OrganizationSettings.model_validate(stored(installation, cast))
    assert settings.security_settings.session_timeout == 7200


def test_what_nobody_changed_is_not_written_and_is_no_event(installation: Installation, cast: Cast) -> None:
    seen = get_organization(cast.alice).values
    assert not change_organization(cast.alice, seen, seen=seen)
    assert stored(installation, cast) == {}
    assert [change.did for change in list_organization_changes(cast.alice).items] == ["created the organization"]


def test_keys_of_a_newer_version_stay(installation: Installation, cast: Cast) -> None:
    newer = {"theme": "dark", "security_settings": {"passkeys": True, "grace_days": 3}}
    write(installation, "UPDATE organizations SET settings = %s WHERE id = %s", Jsonb(newer), cast.organization_a)
    seen = get_organization(cast.alice).values
    change_organization(cast.alice, {"security_settings.grace_days": 9, "retention.run_days": 7}, seen=seen)
    assert stored(installation, cast) == {
        "theme": "dark",
        "security_settings": {"passkeys": True, "grace_days": 9},
        "retention": {"run_days": 7},
    }


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"security_settings.session_timeout": 1}, "Session time-out: must be at least 300."),
        ({"limits.monthly_cost_usd": 0.0}, "These settings can't be used: Cost a month: must be more than 0."),
        ({"limits.monthly_cost_usd": 2e9}, "Cost a month: must be at most 1,000,000,000."),
        ({"retention.audit_days": 9_999}, "Audit trail: 9,999 is more than the 365 of the tier Free"),
        ({"limits.concurrent_runs": 6}, "Runs at a time: 6 is more than the 5 of the tier Free"),
        ({"name": "  "}, "Name is empty"),
        ({"slug": "Not A Slug"}, "This would do: not-a-slug"),
        (
            {"security_settings.email_domains": ["not a domain"]},
            "Domains of e-mail addresses 1: has characters that are not",
        ),
        ({"subscription_tier": "enterprise"}, "“subscription_tier” is not known"),
        ({"api_quota_limit": 10**6}, "“api_quota_limit” is not known"),
    ],
)
def test_wrong_value_is_refused_in_words_and_nothing_is_saved(
    installation: Installation, cast: Cast, entered: dict[str, Any], said: str
) -> None:
    before = get_organization(cast.alice)
    with pytest.raises(InvalidInput) as caught:
        change_organization(cast.alice, {"integration_enabled": True, **entered}, seen=before.values)
    assert said in caught.value.message
    assert get_organization(cast.alice) == before


def test_second_of_two_admins_is_told_and_loses_nothing(installation: Installation, cast: Cast) -> None:
    seen = get_organization(cast.alice).values
    change_organization(cast.alice, {"retention.run_days": 10, "retention.usage_days": 40}, seen=seen)
    change_organization(cast.alice, {"retention.audit_days": 50, "retention.run_days": None}, seen=seen)
    assert stored(installation, cast)["retention"] == {"run_days": 10, "usage_days": 40, "audit_days": 50}
    with pytest.raises(Conflict, match="“Runs”"):
        change_organization(cast.alice, {"retention.run_days": 20, "limits.concurrent_runs": 1}, seen=seen)
    assert stored(installation, cast)["retention"]["run_days"] == 10
    assert "limits" not in stored(installation, cast)


def test_many_admins_at_once_write_one_after_the_other(installation: Installation, cast: Cast) -> None:
    seen = get_organization(cast.alice).values

    def save(days: int) -> bool:
        try:
            return change_organization(cast.alice, {"retention.run_days": days}, seen=seen)
        except Conflict:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(save, range(1, 9))) == 1


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_without_the_right_nothing_of_it_is_done(cast: Cast, who: str) -> None:
    actor = getattr(cast, who)
    for attempt in (
        lambda: get_organization(actor),
        lambda: change_organization(actor, {"name": "Mine"}, seen={}),
        lambda: ask_deletion(actor, slug="acme"),
        lambda: take_deletion_back(actor),
    ):
        with pytest.raises(NotPermitted):
            attempt()


def test_stranger_changes_their_own_and_no_other(installation: Installation, cast: Cast) -> None:
    change_organization(cast.charlie, {"name": "Mine"}, seen=get_organization(cast.charlie).values)
    assert get_organization(cast.alice).name == "Acme Research"
    assert "Mine" not in str(
        rows(installation, "SELECT * FROM audit_logs WHERE organization_id = %s", cast.organization_a)
    )


def test_every_change_is_in_the_trail_in_words(cast: Cast) -> None:
    seen = get_organization(cast.alice).values
    change_organization(cast.alice, {"slug": "acme-labs"}, seen=seen)
    change_organization(cast.alice, {"retention.run_days": 7}, seen=seen)
    changes = list_organization_changes(cast.alice).items
    assert [change.did for change in changes[:2]] == ["edited the organization", "changed the short name"]
    assert changes[0].person is not None
    assert changes[0].person.name == "Alice"
    assert changes[0].new == {"settings": {"retention": {"run_days": 7}}}
    for actor in (cast.mona, cast.vera):
        with pytest.raises(NotPermitted):
            list_organization_changes(actor)


def rename(cast: Cast, slug: str) -> None:
    change_organization(cast.alice, {"slug": slug}, seen=get_organization(cast.alice).values)


def test_short_name_from_before_stays_ones_own_for_ever(installation: Installation, cast: Cast) -> None:
    rename(cast, "acme-labs")
    rename(cast, "acme-works")
    assert get_organization(cast.alice).former_slugs == ("acme-labs", "acme")
    assert all(is_own_slug(cast.alice, slug) for slug in ("acme", "acme-labs", "acme-works"))
    assert not any(is_own_slug(cast.charlie, slug) for slug in ("acme", "acme-labs", "acme-works", "nowhere"))
    with pytest.raises(AlreadyTaken, match="has or had this short name"):
        change_organization(cast.charlie, {"slug": "acme"}, seen=get_organization(cast.charlie).values)
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        refused = doors.refusal(connection, "SELECT api.create_organization('New', 'acme-labs', 'free')")
    assert refused == "23505"
    rename(cast, "acme")
    assert get_organization(cast.alice).slug == "acme"


def test_two_who_want_one_short_name_at_once_do_not_both_get_it(cast: Cast) -> None:
    def take(actor: Any) -> bool:
        try:
            return change_organization(actor, {"slug": "wanted"}, seen=get_organization(actor).values)
        except AlreadyTaken:
            return False

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(take, [cast.alice, cast.charlie])) == [False, True]


def test_whoever_is_of_another_organization_is_an_operator_in_the_trail(installation: Installation, cast: Cast) -> None:
    write(installation, "UPDATE users SET is_operator = true WHERE id = %s", cast.charlie.user_id)
    change_tier(replace(cast.charlie, is_operator=True), cast.organization_a, Tier.PRO)
    [change, *_] = list_organization_changes(cast.alice).items
    assert (change.person, change.did) == (SOME_OPERATOR, "changed the tier")
