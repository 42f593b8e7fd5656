"""Templates to look at: in every state, with figures and without, of short words and of long ones."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from tests import doors
from tests.cast import Cast
from tests.doors import Database
from tests.factories import insert, make_template
from tests.made_templates import make_review

_PHASES = ("Scope and questions", "Sources", "Outline", "Draft: market and demand", "Draft: prices", "Summary")
_WAITS = (None, None, None, ["Phase 2"], ["Phase 2"], ["Phase 3", "Phase 4"])
_LONG = "Competitor digest of everything that happened in the Nordic countries since last year"
#: Whose, name, category, tags, description, runs.
_CARDS: Sequence[tuple[str, str, str, list[str], str, int]] = (
    ("alice", "Market brief", "research", ["market"], "A sourced brief on a market: scope, sources and a summary.", 38),
    ("mona", "Due diligence", "procurement", ["suppliers"], "Weighs public records about a supplier.", 22),
    ("mona", _LONG, "research", ["market"], "What changed at five competitors, and why it matters. " * 6, 17),
    ("alice", "Release notes", "product", [], "", 61),
    ("max", "Weekly news", "marketing", ["news"], "All that was new in a week.", 0),
)


def make_gallery(database: Database, cast: Cast) -> tuple[UUID, UUID]:
    """Alice's with two versions and runs, and max's, whose second version waits; beside a draft and a retired one."""
    people = {actor.username: actor for actor in cast.of_a}
    made = [
        _make(database, people[who], runs, name=name, category=category, tags=tags, description=description)
        for who, name, category, tags, description, runs in _CARDS
    ]
    make_template(database, cast.alice, name="Half written", category="research", data=_data("Not yet."))
    make_template(database, cast.alice, name="Old checklist", category="product", status="retired")
    _add_version(database, cast.alice, made[0], "Names the region", is_offered=True)
    _add_version(database, cast.max, made[-1], "Shorter", is_offered=False)
    make_review(database, cast.max, made[-1], version=2)
    return made[0], made[-1]


def _data(prompt: str) -> dict[str, Any]:
    phases = [
        {"code": f"Phase {n}", "name": name, "prompt": f"{prompt}\n\n{{{{ previous | notes }}}}"}
        | ({} if waits is None else {"depends_on": waits})
        for n, (name, waits) in enumerate(zip(_PHASES, _WAITS, strict=True))
    ]
    inputs = [{"name": "region", "label": "Region", "help": "Where the market is.", "required": False}]
    return {"inputs": inputs, "phases": phases}


def _make(database: Database, actor: Actor, runs: int, **columns: Any) -> UUID:
    """A published one with its first version; of its runs one in ten has failed."""
    data = _data("Write about {{ topic }}.")
    made = make_template(database, actor, data=data, **columns)
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE orchestration_templates SET status = 'published' WHERE id = %s", [made])
        connection.execute(
            "INSERT INTO template_versions (organization_id, template_id, version, template_data, note, created_by) "
            "VALUES (%s, %s, 1, %s, 'First try', %s)",
            [actor.organization_id, made, Jsonb(data), actor.user_id],
        )
        if runs:
            done = runs - runs // 10
            connection.execute(
                "INSERT INTO template_statistics (organization_id, template_id, runs, completed, failed, whole, "
                "known_costs, cost_usd, time_ms) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [actor.organization_id, made, runs, done, runs - done, done, done, done * 1.6, done * 540_000],
            )
    return made


def _add_version(database: Database, actor: Actor, template_id: UUID, note: str, *, is_offered: bool) -> None:
    data = Jsonb(_data("Write about {{ topic }} in {{ inputs.region }}."))
    with doors.admin(database) as connection:
        connection.execute(
            "INSERT INTO template_versions (organization_id, template_id, version, template_data, note, created_by) "
            "VALUES (%s, %s, 2, %s, %s, %s)",
            [actor.organization_id, template_id, data, note, actor.user_id],
        )
        if is_offered:
            connection.execute(
                "UPDATE orchestration_templates SET version = 2, template_data = %s WHERE id = %s", [data, template_id]
            )


def write_template(database: Database, actor: Actor) -> UUID:
    """A template with a branch, and a draft of its next version that a run would stumble over."""
    needs = {
        "Market": None,
        "People": None,
        "Rivals": ["Phase 0"],
        "Prices": ["Phase 0"],
        "Offer": ["Phase 1", "Phase 3"],
    }
    phases: list[dict[str, object]] = [
        {"code": f"Phase {number}", "name": name, "prompt": "Topic: {{ topic }}", "depends_on": needed}
        for number, (name, needed) in enumerate(needs.items())
    ]
    data = {"inputs": [{"name": "audience", "label": "Who reads it?"}], "phases": phases}
    template_id = make_template(database, actor, name="Go to market", data=data)
    prompt = "Compare the rivals in {{ topic }} for {{ inputs.audiance }}.\n\n{{ previous | notes }}"
    draft = data | {"phases": [*phases[:2], phases[2] | {"prompt": prompt}, phases[3], phases[4] | {"review": {}}]}
    mine = {"organization_id": actor.organization_id, "created_by": actor.user_id, "template_id": template_id}
    with doors.person(database, actor) as connection:
        insert(connection, "template_versions", **mine, version=1, template_data=data)
        content = {"data": draft, "samples": {}}
        insert(connection, "template_drafts", **mine, base_version=1, content=content)
    return template_id
