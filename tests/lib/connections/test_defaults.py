"""What runs use that name no model, now and after a change: the forecast is what the change then brings."""

from collections.abc import Callable
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.connections import service
from lib.connections.defaults import OfferChange, read_default
from lib.connections.offers import read_offers
from lib.errors import NotPermitted
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.connections.conftest import Make
from tests.own_endpoint import MODEL, edit, entry_for


def choice(cast: Cast, after: OfferChange | None = None) -> str | None:
    found = read_default(cast.alice, after=after)
    return found.choice if found else None


def offering(connection_id: UUID | None, slug: str, name: str, *models: str) -> OfferChange:
    return OfferChange(connection_id=connection_id, slug=slug, name=name, models=models)


def set_default(installation: Installation, cast: Cast, model: str) -> None:
    with doors.admin(installation.database) as connection:
        statement = "UPDATE organizations SET settings = jsonb_build_object('default_ai_model', %s::text) WHERE id = %s"
        connection.execute(statement, [model, cast.organization_a])


def test_first_on_offer_is_the_default(
    cast: Cast, make: Make, llm: LLMockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_default(cast.alice) is None
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_BASE_URL", llm.base_url())
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-4o")
    get_settings.cache_clear()
    assert choice(cast) == "openai:gpt-4o"
    make(cast.charlie, slug="strangers", name="A stranger's")
    make(cast.alice, slug="late", name="b late")
    make(cast.alice, slug="early", name="A early", models=["gpt-4o", MODEL])
    found = read_default(cast.mona)
    assert found is not None
    assert (found.choice, found.label, found.is_offered) == ("early:gpt-4o", "gpt-4o · A early", True)
    assert str(read_offers(cast.max).models[0].choice) == found.choice


def test_member_does_not_read_it(cast: Cast) -> None:
    for actor in (cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            read_default(actor)


@pytest.mark.parametrize(
    "name", ["a", "B b", "b-a", "Ba", "b a", "ä", "Z", "\N{CYRILLIC SMALL LETTER A}", "_", "1", "M first", "M"]
)
def test_new_connection_is_foreseen_to_stand_where_it_then_stands(cast: Cast, make: Make, name: str) -> None:
    """Where a name stands among others is told by PostgreSQL's alphabet, which is not Python's."""
    make(cast.alice, slug="first", name="M first")
    foreseen = read_default(cast.alice, after=offering(None, "new", name, "gpt-4o"))
    make(cast.alice, slug="new", name=name, models=["gpt-4o"])
    assert foreseen == read_default(cast.alice)
    assert foreseen is not None
    assert foreseen.choice == str(read_offers(cast.alice).models[0].choice)


CHANGES: dict[str, tuple[tuple[str, ...], Callable[[Cast, UUID, LLMockServer], object], str]] = {
    "deactivated": ((), lambda cast, id_, _: service.set_active(cast.alice, id_, is_active=False), "M first"),
    "deleted": ((), lambda cast, id_, _: service.delete_connection(cast.alice, id_), "M first"),
    "other models": (
        ("gpt-4.1",),
        lambda cast, id_, _: service.set_models(cast.alice, ("gpt-4.1",), seen=service.get_connection(cast.alice, id_)),
        "M first",
    ),
    "renamed": (
        (MODEL,),
        lambda cast, id_, llm: edit(cast.alice, id_, entry_for(llm, api_key="", name="Z last")),
        "Z last",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_of_a_connection_is_foreseen(cast: Cast, make: Make, llm: LLMockServer, change: str) -> None:
    models, act, name = CHANGES[change]
    first = make(cast.alice, slug="first", name="M first")
    make(cast.alice, slug="second", name="N second")
    before = choice(cast)
    foreseen = read_default(cast.alice, after=offering(first, "first", name, *models))
    assert choice(cast) == before == f"first:{MODEL}", "looking ahead changes nothing"
    act(cast, first, llm)
    assert foreseen == read_default(cast.alice)
    assert foreseen is not None
    assert foreseen.choice != before


def test_organizations_default_counts_also_when_it_is_not_on_offer(
    installation: Installation, cast: Cast, make: Make
) -> None:
    make(cast.alice, slug="first", name="M first")
    second = make(cast.alice, slug="second", name="N second")
    set_default(installation, cast, f"second:{MODEL}")
    for after, is_offered in ((None, True), (offering(second, "second", "N second"), False)):
        found = read_default(cast.alice, after=after)
        assert found is not None
        assert (found.choice, found.is_offered) == (f"second:{MODEL}", is_offered)
