"""Setting up, editing, switching off and deleting connections; the weak are refused, strangers find nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.config import get_settings
from lib.connections import service
from lib.connections.opening import key_purpose, open_for_test
from lib.connections.structures import CallableConnection
from lib.connections.trying import list_models_there, test_connection
from lib.connections.views import Health, Pricing
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound, NotPermitted, RightsChanged
from lib.organizations.structures import OrganizationSettings
from lib.projects.service import ProjectEntry, create_project
from lib.providers.base import ModelChoice
from lib.providers.errors import ModelCallError
from lib.secrets.vault import unseal
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template, see_connection
from tests.lib.connections.conftest import Make
from tests.made_runs import make_run
from tests.own_endpoint import KEY, MODEL, edit, entry_for
from tests.records import row, rows, trail

test_connection.__test__ = False  # type: ignore[attr-defined] # a use case that is called so

MANAGING: dict[str, Callable[[Actor, UUID, LLMockServer], object]] = {
    "edit": lambda actor, id_, llm: service.update_connection(actor, entry_for(llm), seen=see_connection(id_)),
    "models": lambda actor, id_, _: service.set_models(actor, ("gpt-4o",), seen=see_connection(id_)),
    "deactivate": lambda actor, id_, _: service.set_active(actor, id_, is_active=False),
    "delete": lambda actor, id_, _: service.delete_connection(actor, id_),
    "test": lambda actor, id_, _: test_connection(actor, id_, MODEL),
    "ask for models": lambda actor, id_, _: list_models_there(actor, id_),
}
READING: dict[str, Callable[[Actor, UUID], object]] = {
    "read": service.get_connection,
    "uses": service.find_uses,
}
ALL = MANAGING | {name: lambda actor, id_, _, read=read: read(actor, id_) for name, read in READING.items()}


def stored(installation: Installation, connection_id: UUID) -> dict[str, Any]:
    return row(installation, "SELECT * FROM provider_connections WHERE id = %s", connection_id)


def purpose_of(llm: LLMockServer) -> str:
    """What a key for that endpoint is sealed for."""
    return key_purpose("openai_compatible", llm.base_url())


def test_admin_sets_up_what_was_entered(installation: Installation, cast: Cast, make: Make, llm: LLMockServer) -> None:
    connection_id = make(
        cast.alice,
        models=[" gpt-4o-mini ", "gpt-4o", "gpt-4o"],
        parameters={"temperature": 0.2},
        pricing="entered",
        input_usd_per_million=0.15,
        output_usd_per_million=Decimal("0.6"),
    )
    seen = service.get_connection(cast.mona, connection_id)
    assert (seen.slug, seen.name, seen.base_url) == ("acme-llm", "Acme models", llm.base_url())
    assert seen.models == ("gpt-4o-mini", "gpt-4o")
    assert seen.parameters.temperature == 0.2
    assert seen.pricing is Pricing.ENTERED
    assert seen.prices is not None
    assert seen.prices.input_usd_per_million == Decimal("0.15")
    assert (seen.has_key, seen.key_last4, seen.health) == (True, KEY[-4:], Health.UNTESTED)
    row = stored(installation, connection_id)
    sealed = bytes(row["encrypted_key"])
    assert unseal(sealed, organization_id=cast.organization_a, purpose=purpose_of(llm)) == KEY
    (entry,) = trail(installation, "provider_connections.create", connection_id)
    assert entry["new_values"]["encrypted_key"] == "(secret)"


@pytest.mark.parametrize("act", MANAGING)
def test_manager_sees_connections_and_changes_none(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer, act: str
) -> None:
    connection_id = make(cast.alice)
    before = stored(installation, connection_id)
    assert [each.id for each in service.list_connections(cast.mona)] == [connection_id]
    with pytest.raises(NotPermitted) as refused:
        MANAGING[act](cast.mona, connection_id, llm)
    assert refused.value.permission == "connections.manage"
    with pytest.raises(NotPermitted):
        make(cast.mona, slug="another")
    assert stored(installation, connection_id) == before


@pytest.mark.parametrize("act", ["edit", "models", "deactivate"])
def test_admin_who_was_demoted_a_moment_ago_is_told_so(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer, act: str
) -> None:
    """The page was begun as an admin; PostgreSQL knows better."""
    connection_id = make(cast.alice)
    before = stored(installation, connection_id)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET role = 'admin' WHERE id = %s", [cast.mona.user_id])  # one stays
        connection.execute("UPDATE users SET role = 'manager' WHERE id = %s", [cast.alice.user_id])
    with pytest.raises((RightsChanged, NotFound)):
        MANAGING[act](cast.alice, connection_id, llm)
    with pytest.raises(RightsChanged, match="changed a moment ago"):
        make(cast.alice, slug="another")
    assert stored(installation, connection_id) == before


@pytest.mark.parametrize("act", READING)
def test_member_and_viewer_see_no_connections(cast: Cast, make: Make, act: str) -> None:
    connection_id = make(cast.alice)
    for actor in (cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            READING[act](actor, connection_id)
        with pytest.raises(NotPermitted):
            service.list_connections(actor)


@pytest.mark.parametrize("act", ALL)
def test_stranger_finds_nothing(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer, act: str
) -> None:
    connection_id = make(cast.alice)
    before = stored(installation, connection_id)
    with pytest.raises(NotFound):
        ALL[act](cast.charlie, connection_id, llm)
    assert service.list_connections(cast.charlie) == ()
    assert stored(installation, connection_id) == before


def test_short_name_is_made_of_the_name_and_belongs_to_one(cast: Cast, make: Make) -> None:
    made = make(cast.alice, slug="", name="Recherche Zürich 2")
    assert service.get_connection(cast.alice, made).slug == "recherche-zurich-2"
    with pytest.raises(AlreadyTaken, match="recherche-zurich-2") as told:
        make(cast.alice, slug="recherche-zurich-2")
    assert told.value.field == "Short name"
    assert make(cast.charlie, slug="recherche-zurich-2")  # another organization's is another


@pytest.mark.parametrize("slug", ["local", "openai", "anthropic", "google", "azure_openai", "openai_compatible"])
def test_names_of_the_installations_own_models_are_reserved(cast: Cast, make: Make, slug: str) -> None:
    with pytest.raises(InvalidInput, match="installation's own"):
        make(cast.alice, slug=slug)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Acme"}, "Short name"),
        ({"slug": "a:b"}, "Short name"),
        ({"slug": "", "name": "研究"}, "Short name"),
        ({"name": " "}, "Name"),
        ({"vendor": "somebody"}, "Vendor"),
        ({"vendor": "openai", "api_key": ""}, "Key"),
        ({"api_key": "sk with spaces"}, "Key"),
        ({"api_key": "sk-\u0430"}, "Key"),
        ({"base_url": "https://169.254.169.254/v1"}, "Base URL"),
        ({"base_url": "https://[::ffff:10.0.0.1]/v1"}, "Base URL"),
        ({"base_url": "ftp://llm.example"}, "Base URL"),
        ({"models": ["two words"]}, "Models"),
        ({"models": ["nul\x00"]}, "Models"),
        ({"models": [f"m{n}" for n in range(201)]}, "Models"),
        ({"parameters": {"temperature": 3}}, None),
        ({"parameters": {"temprature": 1}}, None),
        ({"pricing": "entered", "input_usd_per_million": 1}, "Prices"),
        ({"pricing": "entered", "input_usd_per_million": -1, "output_usd_per_million": 1}, "Prices"),
        ({"pricing": "entered", "input_usd_per_million": float("nan"), "output_usd_per_million": 1}, "Prices"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_kept(
    installation: Installation, cast: Cast, make: Make, changes: dict[str, Any], field: str | None
) -> None:
    with pytest.raises(InvalidInput) as told:
        make(cast.alice, **changes)
    assert told.value.field == field
    assert KEY not in str(told.value)
    assert rows(installation, "SELECT id FROM provider_connections") == []


def test_empty_key_keeps_the_one_that_is_there(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer
) -> None:
    connection_id = make(cast.alice)
    before = stored(installation, connection_id)
    edit(cast.alice, connection_id, entry_for(llm, api_key="", name="Renamed"))
    after = stored(installation, connection_id)
    assert (after["encrypted_key"], after["key_last4"], after["name"]) == (before["encrypted_key"], KEY[-4:], "Renamed")


def test_another_key_takes_its_place_and_none_can_be_had(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer
) -> None:
    connection_id = make(cast.alice)
    edit(cast.alice, connection_id, entry_for(llm, api_key="short"))
    after = stored(installation, connection_id)
    assert (
        unseal(bytes(after["encrypted_key"]), organization_id=cast.organization_a, purpose=purpose_of(llm)) == "short"
    )
    assert after["key_last4"] == "", "of a short key nothing is shown"
    edit(cast.alice, connection_id, entry_for(llm, api_key="", removes_key=True))
    assert stored(installation, connection_id)["encrypted_key"] is None


@pytest.mark.parametrize("other", [{"name": "Renamed"}, {"api_key": "another-key-0123456789"}, {"pricing": "free"}])
def test_of_two_who_edit_at_once_the_second_is_told(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer, other: dict[str, str]
) -> None:
    connection_id = make(cast.alice)
    seen = service.get_connection(cast.alice, connection_id)
    service.update_connection(cast.alice, entry_for(llm, **({"api_key": ""} | other)), seen=seen)
    service.set_active(cast.alice, connection_id, is_active=False)
    after = stored(installation, connection_id)
    with pytest.raises(Conflict, match="Somebody else has edited this connection"):
        service.update_connection(cast.alice, entry_for(llm, name="Mine"), seen=seen)
    assert stored(installation, connection_id) == after


@pytest.mark.parametrize(("before", "after"), [("short", "other"), (f"sk-one-{KEY[-12:]}", f"sk-two-{KEY[-12:]}")])
def test_any_other_key_is_an_edit_whatever_is_shown_of_it(
    *, cast: Cast, make: Make, llm: LLMockServer, before: str, after: str
) -> None:
    """Of a short key nothing is shown, and two long ones can end alike."""
    seen = service.get_connection(cast.alice, make(cast.alice, api_key=before))
    service.update_connection(cast.alice, entry_for(llm, api_key=after), seen=seen)
    (now,) = service.list_connections(cast.alice)
    assert now.key_last4 == seen.key_last4
    with pytest.raises(Conflict, match="Somebody else has edited this connection"):
        service.update_connection(cast.alice, entry_for(llm, api_key="", name="Mine"), seen=seen)
    service.update_connection(cast.alice, entry_for(llm, api_key="", name="Mine"), seen=now)


def test_mark_of_a_key_says_nothing_of_it_and_only_to_whoever_edits(cast: Cast, make: Make) -> None:
    connection_id = make(cast.alice)
    mark = service.get_connection(cast.alice, connection_id).key_mark
    assert len(mark) == 64
    assert service.get_connection(cast.mona, connection_id).key_mark == ""
    assert mark not in repr(service.get_connection(cast.alice, connection_id))
    without = make(cast.alice, slug="without", api_key="")
    assert service.get_connection(cast.alice, without).key_mark == ""


def test_of_two_who_choose_models_at_once_the_second_is_told(cast: Cast, make: Make) -> None:
    seen = service.get_connection(cast.alice, make(cast.alice))
    service.set_models(cast.alice, ("gpt-4o",), seen=seen)
    with pytest.raises(Conflict, match="Somebody else has edited this connection"):
        service.set_models(cast.alice, ("gpt-4.1",), seen=seen)
    assert service.get_connection(cast.alice, seen.id).models == ("gpt-4o",)


def test_test_and_switch_of_another_do_not_stand_in_an_edits_way(cast: Cast, make: Make, llm: LLMockServer) -> None:
    connection_id = make(cast.alice)
    seen = service.get_connection(cast.alice, connection_id)
    assert test_connection(cast.alice, connection_id, MODEL).has_worked
    service.set_active(cast.alice, connection_id, is_active=False)
    service.update_connection(cast.alice, entry_for(llm, name="Mine"), seen=seen)
    assert service.get_connection(cast.alice, connection_id).name == "Mine"


@pytest.mark.parametrize("changes", [{"base_url": "https://evil.example/v1"}, {"vendor": "openai"}], ids=str)
def test_key_is_not_sent_to_another_address_than_it_was_entered_for(
    *,
    installation: Installation,
    cast: Cast,
    make: Make,
    llm: LLMockServer,
    changes: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.1,evil.example")
    get_settings.cache_clear()
    connection_id = make(cast.alice)
    with pytest.raises(InvalidInput, match="entered for another address") as told:
        edit(cast.alice, connection_id, entry_for(llm, api_key="", **changes))
    assert told.value.field == "Key"
    column, value = next(iter(changes.items()))
    with doors.person(installation.database, cast.alice) as connection:  # nor by SQL
        statement = f"UPDATE provider_connections SET {column} = %s WHERE id = %s"
        assert doors.refusal(connection, statement, [value, connection_id]) == "42501"
    edit(cast.alice, connection_id, entry_for(llm, api_key="another-key-0123456789", **changes))


def test_edit_of_what_was_tested_forgets_the_test(cast: Cast, make: Make, llm: LLMockServer) -> None:
    connection_id = make(cast.alice)
    assert test_connection(cast.alice, connection_id, MODEL).has_worked
    edit(cast.alice, connection_id, entry_for(llm, api_key="", name="Renamed"))
    service.set_models(cast.alice, ("gpt-4o",), seen=service.get_connection(cast.alice, connection_id))
    assert service.get_connection(cast.alice, connection_id).health is Health.WORKING
    edit(cast.alice, connection_id, entry_for(llm, api_key="another-key-0123456789"))
    assert service.get_connection(cast.alice, connection_id).health is Health.UNTESTED


def test_switching_off_and_on(cast: Cast, make: Make) -> None:
    connection_id = make(cast.alice)
    service.set_active(cast.alice, connection_id, is_active=False)
    assert service.get_connection(cast.alice, connection_id).health is Health.INACTIVE
    service.set_active(cast.alice, connection_id, is_active=True)
    assert service.get_connection(cast.alice, connection_id).health is Health.UNTESTED


def test_deleting_leaves_the_trail_and_no_key(installation: Installation, cast: Cast, make: Make) -> None:
    connection_id = make(cast.alice)
    service.delete_connection(cast.alice, connection_id)
    assert service.list_connections(cast.alice) == ()
    (entry,) = trail(installation, "provider_connections.delete", connection_id)
    assert entry["old_values"]["name"] == "Acme models"
    assert entry["old_values"]["encrypted_key"] == "(secret)"


def test_what_uses_it_is_counted_and_nothing_else(installation: Installation, cast: Cast, make: Make) -> None:
    database = installation.database
    connection_id = make(cast.alice)
    make(cast.charlie)
    assert not service.find_uses(cast.mona, connection_id).is_used
    project_id = make_project(database, cast.max)
    make_run(database, cast.max, project_id=project_id, model="acme-llm:gpt-4o")
    make_run(database, cast.max, project_id=project_id, model="acme-llm2:gpt-4o")
    make_run(database, cast.charlie, project_id=make_project(database, cast.charlie), model="acme-llm:gpt-4o")
    create_project(cast.max, ProjectEntry(name="A", topic="A", settings={"default_ai_model": "acme-llm:gpt-4o"}))
    create_project(cast.max, ProjectEntry(name="B", topic="B", settings={"default_ai_model": "other:gpt-4o"}))
    phase = {"code": "A", "name": "A", "prompt": "{{ topic }}"}
    make_template(database, cast.alice, name="Whole", data={"model": "acme-llm:gpt-4o", "phases": [phase]})
    make_template(database, cast.alice, name="Part", data={"phases": [phase | {"model": "acme-llm:gpt-4o"}]})
    make_template(database, cast.alice, name="None", data={"phases": [phase | {"model": "acme-llmx:gpt-4o"}]})
    with doors.admin(database) as connection:
        settings = OrganizationSettings(default_ai_model="acme-llm:gpt-4o").model_dump_json(exclude_unset=True)
        connection.execute("UPDATE organizations SET settings = %s WHERE id = %s", [settings, cast.organization_a])
    use = service.find_uses(cast.mona, connection_id)
    assert (use.runs, use.projects, use.templates, use.is_organization_default) == (1, 1, 2, True)


def test_key_that_is_copied_to_another_address_opens_nowhere(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer
) -> None:
    """SQL as an admin can copy the sealed key, but what is sealed says where it is good."""
    connection_id = make(cast.alice)
    elsewhere = llm.base_url() + "/elsewhere"
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute(
            "INSERT INTO provider_connections (organization_id, slug, name, vendor, base_url, models, encrypted_key, "
            "created_by) SELECT organization_id, 'copied', 'Copied', vendor, %s, models, "
            "decode(api.open_connection(slug) ->> 'encrypted_key', 'base64'), created_by "
            "FROM provider_connections WHERE id = %s",
            [elsewhere, connection_id],
        )
        row = connection.execute("SELECT api.open_connection('copied')").fetchone()
    assert row is not None
    copied = CallableConnection.model_validate(row[0])
    assert (copied.base_url, copied.encrypted_key is None) == (elsewhere, False)
    with pytest.raises(ModelCallError, match="copied from another place"):
        open_for_test(copied, ModelChoice("copied", MODEL), settings=get_settings())
