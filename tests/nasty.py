"""Text that people, models and endpoints may write to break a page, and a workspace that is full of it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from tests import doors
from tests.cast import Cast
from tests.doors import Connection, Database
from tests.factories import make_project, make_template
from tests.made_runs import MadeRun, end_run, make_run
from tests.workspace import make_workspace

#: Each is something that Markdown, HTML or Streamlit would take for more than words.
MEANING = (
    "**b** _i_ `c` ~~s~~ ==m== H~2~O ^up^",
    "![x](https://evil.example/x.png) [a](https://evil.example) <https://evil.example>",
    "https://evil.example/path http://1.2.3.4/ www.evil.example WWW.EVIL.example",
    "me@evil.example mailto:me@evil.example xmpp:me@evil.example",
    ":smile: :+1: :material/home: :material_home: :red[x] :badge[x]{color=red} :streamlit: :shimmer[x]",
    "a -> b <- c <-> d -- e >= f <= g ~= h ... (c)",
    "$x^2$ $$y$$ \\(z\\) \\*x\\*",
    "<b>x</b> <img src=x onerror=alert(1)> <script>alert(1)</script> <!-- c -->",
    "&lt; &amp; &#35; &nbsp;",
    "# heading",
    "- item",
    "+ item",
    "1. one",
    "1) one",
    "> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "line\nbreak\r\nand\u2028more",
    "    indented\tby\ta tab",
    "---",
    "```mermaid\ngraph TD\n```",
    "[^1] [ ] todo - [x] done",
    "zero\x00width\u200bjoin\u202eer",
    "C:\\dir\\file foo_bar_baz 2*3*4 snake_case",
)

#: One of each for a name, at most 255 characters long as the columns are.
NAMES: Mapping[str, str] = {
    "markup": "<b>Ünïon</b> <script>alert(1)</script> ![x](https://evil.example/x.png) [a](https://evil.example) "
    "<img src=https://evil.example/y.png onerror=alert(1)> https://evil.example/z",
    "directives": ":violet[*hot*] :material/skull: :smile: :streamlit: $a^2$ `c` ~~s~~ a -> b # 1. > | :badge[x] __u__",
    "hidden": "\u202egnp.exe\u202c ze\u200bro \u2066x\u2069 be\x07ll \x1b[31mred so\u00adft \ufeffbom ad\u200dmin",
    "flood": "Z" + "\u0301\u0316\u0335" * 60 + "algo",
    "long": "W" * 255,
    "astral": "👩\u200d🔬 \U0001d518\U0001d52b\U0001d526 🇸🇪 e\u0301 日本 عربي עברית \U0001fae8",
}
#: What no page may hand on as it is, wherever it goes.
HIDDEN = "\u202e\u202c\u200b\u2066\u2069\x07\x1b\ufeff"


#: What the pieces of MEANING are made of, and what parts them.
_SIGNS = (
    *("*", "**", "_", "__", "`", "``", "~~", "~", "$", "$$", "\\", "\\(", "#", "> ", "- ", "+ ", "1. ", "1) ", "|"),
    *("[", "]", "(", ")", "](", "![", "<", ">", "<b", "</b>", "<!--", "-->", "&", "&lt;", "&#35;", ";", ":", ":+1:"),
    *(":red[", ":small[", ":material/home:", ":material_home:", ":streamlit:", ":smile:", "->", "<-", "--", ">=", "~="),
    *(
        "https://",
        "www.",
        "mailto:",
        "@",
        "a@b.example",
        "evil.example",
        "/",
        "{",
        "}",
        "{color=red}",
        "==",
        "^",
        "=",
        "!",
    ),
    *(
        "!",
        "x",
        "ab",
        "9",
        " ",
        " ",
        "\n",
        "\t",
        "\u200d",
        "\u202e",
        "\u0301",
        "é",
        "日",
        "👩",
        "'",
        '"',
        ".",
        ",",
        "http:",
    ),
)


def mixtures(count: int = 300) -> list[str]:
    """The same chance mixtures of signs each time, to be looked at all on one page."""
    chance = random.Random(20261123)
    return ["a" + "".join(chance.choices(_SIGNS, k=chance.randint(2, 12))) + "z" for _ in range(count)]


@dataclass(frozen=True, slots=True)
class NastyWorkspace:
    """By the kind of text: a project called so, and a failed run of it. `live` is under way."""

    projects: Mapping[str, UUID]
    runs: Mapping[str, MadeRun]
    live: MadeRun


def make_nasty_workspace(database: Database, cast: Cast) -> NastyWorkspace:
    """Fill organization A, past every check: what one keeps out today may be in the database since yesterday."""
    live = make_workspace(database, cast.alice).run
    projects, runs, templates = {}, {}, {}
    for kind in NAMES:
        projects[kind] = make_project(database, cast.mona)
        templates[kind] = make_template(database, cast.mona)
        runs[kind] = make_run(database, cast.mona, project_id=projects[kind], template_id=templates[kind])
        end_run(database, cast.mona, runs[kind], status="failed")
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")
        for kind, text in NAMES.items():
            _write_project(connection, projects[kind], text)
            _write_template(connection, templates[kind], text)
            _write_run(connection, runs[kind].id, text)
            _write_ways_in(connection, cast, kind, text)
        _write_run(connection, live.id, NAMES["markup"])
        _write_people(connection, cast)
    return NastyWorkspace(projects, runs, live)


def _write_project(connection: Connection, project_id: UUID, text: str) -> None:
    connection.execute(
        "UPDATE projects SET name = %s, topic = %s, description = %s, metadata = %s WHERE id = %s",
        [text, text, text, Jsonb({"estimated_duration": text[:100], "technologies": [text[:100]]}), project_id],
    )


def _write_template(connection: Connection, template_id: UUID, text: str) -> None:
    inputs = [
        {"name": "line", "label": text, "help": text, "default": text},
        {"name": "words", "label": text, "help": text, "kind": "long_text", "required": False},
        {"name": "choice", "label": text, "help": text, "kind": "choice", "choices": [text, "other"], "default": text},
    ]
    phases = [{"code": "Phase 0", "name": text, "prompt": f"{text} {{{{ topic }}}}".replace("{color", "{ color")}]
    connection.execute(
        "UPDATE orchestration_templates SET name = %s, description = %s, status = 'published', template_data = %s "
        "WHERE id = %s",
        [text, text, Jsonb({"phases": phases, "inputs": inputs}), template_id],
    )


def _write_run(connection: Connection, run_id: UUID, text: str) -> None:
    error = {"kind": text, "message": text, "phase": text, "attempt": 1, "provider": text, "model": text}
    connection.execute(
        "UPDATE orchestration_runs SET title = %s, topic = %s, model = %s, error_details = %s, inputs = %s, "
        "plan = plan || %s WHERE id = %s",
        [
            text,
            text,
            text,
            Jsonb(error),
            Jsonb({"project": {"name": text, "description": text}, "values": {"line": text}}),
            Jsonb({"template_name": text, "inputs": [{"name": "line", "label": text}]}),
            run_id,
        ],
    )
    connection.execute(
        "UPDATE phase_executions SET phase_name = %s, model = %s, prompt_text = %s, response_text = %s, "
        "error_details = CASE WHEN status = 'failed' THEN %s::jsonb ELSE error_details END WHERE run_id = %s",
        [text, text, text, text, Jsonb(error), run_id],
    )
    connection.execute(
        "UPDATE phase_streams SET response_text = %s FROM phase_executions p "
        "WHERE p.id = phase_execution_id AND p.run_id = %s",
        [text, run_id],
    )


def _write_ways_in(connection: Connection, cast: Cast, kind: str, text: str) -> None:
    """A connection of such a name, whose last test said such words, and an invitation to an address of signs."""
    alice = {"organization_id": cast.organization_a, "by": cast.alice.user_id, "kind": kind, "text": text}
    connection.execute(
        "INSERT INTO invitations (organization_id, email, role, invited_by) "
        "VALUES (%(organization_id)s, %(kind)s || '+<b>$x$</b>*:smile:`c`~~s~~@evil.example', 'viewer', %(by)s)",
        alice,
    )
    test = {"model": text, "endpoint": text, "message": text, "kind": "auth", "status": 401}
    connection.execute(
        "INSERT INTO provider_connections (organization_id, created_by, slug, name, vendor, base_url, last_test, "
        "last_tested_at) VALUES (%(organization_id)s, %(by)s, %(kind)s, %(text)s, 'openai_compatible', "
        "'https://llm.example/v1', %(test)s, now())",
        alice | {"test": Jsonb(test)},
    )


def _write_people(connection: Connection, cast: Cast) -> None:
    markup = NAMES["markup"]
    connection.execute("UPDATE organizations SET name = %s WHERE id = %s", [markup, cast.organization_a])
    for actor, name in ((cast.alice, markup), (cast.mona, NAMES["hidden"]), (cast.max, NAMES["flood"])):
        connection.execute(
            "UPDATE users SET full_name = %s, email = %s WHERE id = %s",
            [name, f"{actor.username}+<b>$x$</b>*@evil.example", actor.user_id],
        )
    connection.execute("UPDATE user_sessions SET user_agent = %s", [f"Firefox/ Linux {markup}"])
