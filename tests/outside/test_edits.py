"""What is typed into the editor of a template is kept, whatever else the browser sends while it is being kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from lib.ui.navigation import OVERVIEW, TEMPLATE_EDIT
from tests import doors
from tests.factories import make_template, make_version
from tests.outside.conftest import Site
from tests.outside.visitor import Answer, Visitor, visiting
from tests.workers import until

pytestmark = pytest.mark.slow

PHASES = [{"code": f"P{number}", "name": f"Phase {number}", "prompt": "Of {{ topic }}"} for number in (1, 2)]


@pytest.fixture
def template_id(site: Site) -> UUID:
    data = {"schema_version": 1, "phases": PHASES}
    template_id = make_template(site.database, site.cast.alice, data=data)
    make_version(site.database, site.cast.alice, template_id, data=data)
    return template_id


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    with visiting(site.url, site.cast.secret_of(site.cast.alice)) as visitor:
        yield visitor


@contextmanager
def held(site: Site, table: str) -> Iterator[None]:
    """Nobody gets past that table until the `with` ends: a server that is slow, at a place of the test's choosing."""
    with doors.admin(site.database) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


def wait_for_waiting(site: Site) -> None:
    """Until the server stands at the table that is held."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until(lambda: bool(site.sql(waiting)), seconds=20)


def phases_of(site: Site, template_id: UUID) -> list[tuple[str, str]]:
    """Name and prompt of each phase of the draft."""
    rows = site.sql("SELECT content FROM template_drafts WHERE template_id = %s", template_id)
    return [(phase["name"], phase["prompt"]) for phase in rows[0][0]["data"]["phases"]] if rows else []


def text(widget: object, value: str) -> WidgetState:
    return WidgetState(id=widget.id, string_value=value)  # type: ignore[attr-defined] # a protobuf


def fields(page: Answer) -> tuple[object, object]:
    return page.widget("text_input", "Name of the phase"), page.widget("text_area", "Prompt")


def test_name_is_kept_though_the_prompt_comes_before_it_is(site: Site, template_id: UUID, visitor: Visitor) -> None:
    page = visitor.open(TEMPLATE_EDIT.url_path, f"template={template_id}")
    name, prompt = fields(page)
    with held(site, "user_sessions"):
        visitor.ask([text(name, "Walks")])
        wait_for_waiting(site)  # the name has come, and the database is asked who that is
        visitor.ask([text(name, "Walks"), text(prompt, "Walks for {{ topic }}")])
        visitor.ask_for_file("none", session_id=page.session_id)  # answered once that has come too
    until(lambda: phases_of(site, template_id)[:1] == [("Walks", "Walks for {{ topic }}")], seconds=10)


def test_name_is_kept_though_its_writer_leaves_the_page(site: Site, template_id: UUID, visitor: Visitor) -> None:
    page = visitor.open(TEMPLATE_EDIT.url_path, f"template={template_id}")
    name, _ = fields(page)
    with held(site, "user_sessions"):
        visitor.ask([text(name, "Walks")])
        wait_for_waiting(site)
        visitor.turn_to(OVERVIEW.url_path)
        visitor.ask([text(name, "Walks")])
        visitor.ask_for_file("none", session_id=page.session_id)
    until(lambda: phases_of(site, template_id)[:1] == [("Walks", "Of {{ topic }}")], seconds=10)


def test_name_is_kept_though_another_phase_is_opened_at_once(site: Site, template_id: UUID, visitor: Visitor) -> None:
    page = visitor.open(TEMPLATE_EDIT.url_path, f"template={template_id}")
    name, prompt = fields(page)
    with held(site, "template_drafts"):  # its callback is in the middle of keeping it
        visitor.ask([text(name, "Walks"), text(prompt, "By foot")])
        wait_for_waiting(site)
        visitor.turn_to(TEMPLATE_EDIT.url_path, f"template={template_id}&phase=P2")
        visitor.ask([text(name, "Walks"), text(prompt, "By foot, slowly")])
        visitor.ask_for_file("none", session_id=page.session_id)
    wanted = [("Walks", "By foot, slowly"), ("Phase 2", "Of {{ topic }}")]
    until(lambda: phases_of(site, template_id) == wanted, seconds=10)


def test_last_of_many_texts_that_come_at_once_is_what_is_kept(site: Site, template_id: UUID, visitor: Visitor) -> None:
    _, prompt = fields(visitor.open(TEMPLATE_EDIT.url_path, f"template={template_id}"))
    for number in range(40):
        visitor.ask([text(prompt, f"{'word ' * number}{number}")])
    final = visitor.send(widgets=[text(prompt, "The last one")])
    until(lambda: phases_of(site, template_id)[:1] == [("Phase 1", "The last one")], seconds=20)
    assert not final.says("changed meanwhile"), "nobody but this tab has written"


def test_refusal_is_said_though_another_message_waits(site: Site, template_id: UUID, visitor: Visitor) -> None:
    page = visitor.open(TEMPLATE_EDIT.url_path, f"template={template_id}")
    name, _ = fields(page)
    code = page.widget("text_input", "Code")
    with held(site, "template_drafts"):
        visitor.ask([text(code, "P2")])  # another phase has that one
        wait_for_waiting(site)
        visitor.ask([text(code, "P2"), text(name, "Walks")])
        visitor.ask_for_file("none", session_id=page.session_id)
    said = ""
    while not said.startswith("Another phase has the code"):  # a frame that does not come ends this
        said = ForwardMsg.FromString(cast("bytes", visitor.receive_raw())).delta.new_element.toast.body
