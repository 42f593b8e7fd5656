"""A run in which the plan has decided: one phase skipped, one asked of another model, one in JSON, one that waits."""

from typing import Any
from uuid import UUID

from lib.access.actor import Actor
from tests.database import ClonedDatabase
from tests.made_runs import answer, make_run, open_run

_MINI, _LARGE = "openai:gpt-4.1-mini", "openai:gpt-4.1"
_SCHEMA = {
    "type": "object",
    "properties": {"urgent": {"type": "boolean"}, "why": {"type": "string"}, "tickets": {"type": "array"}},
    "required": ["urgent"],
}
_DATA: dict[str, Any] = {
    "phases": [
        {"code": "Sort", "name": "Sort", "prompt": "{{ topic }}"},
        {
            "code": "Urgency",
            "name": "Does anything burn?",
            "prompt": "?",
            "output": {"kind": "json", "schema": _SCHEMA},
        },
        {"code": "Alert", "name": "Alert", "prompt": "!", "condition": "phases['Urgency'].json.urgent"},
        {"code": "Causes", "name": "Causes", "prompt": "?", "depends_on": ["Sort"]},
        {"code": "Answers", "name": "Answers", "prompt": "!", "depends_on": ["Sort"]},
    ]
}
_AGAIN = "asked once more, and told what is wrong"
_NEXT = f"another attempt would fail the same way; {_MINI} is asked next"
_NOT_URGENT = """{
  "urgent": false,
  "why": "Customers are angry, and nobody has lost money.",
  "tickets": ["#101", "#103"]
}"""


def make_branching_run(database: ClonedDatabase, actor: Actor, *, project_id: UUID, connection_model: str) -> UUID:
    """The run, as it stands while its last phase waits for the limit of the connection of that model."""
    run = make_run(database, actor, project_id=project_id, title="Tickets of the week", model=_LARGE, data=_DATA)
    held = open_run(database, actor.organization_id, run.id)

    def begin(code: str, model: str, attempt: int = 1) -> dict[str, Any]:
        at = [phase["code"] for phase in _DATA["phases"]].index(code)
        phase = {"code": code, "name": _DATA["phases"][at]["name"], "position": at, "depends_on": []}
        return phase | {"attempt": attempt, "model": model, "prompt": f"What of {code}?"}

    def fail(attempt_id: UUID | str, response: str | None, **error: Any) -> dict[str, Any]:
        return answer(UUID(str(attempt_id)), status="failed", response=response, error=error)

    held.advance(begin=[begin("Sort", _MINI)])
    held.advance(finish=[answer(run.phases["Sort"])], begin=[begin("Urgency", _MINI), begin("Causes", _LARGE)])
    misfit = "The answer is not JSON that fits the schema: it is no JSON: expecting value at line 1, column 1."
    faults = ["it is no JSON: expecting value at line 1, column 1"]
    begun = held.advance(
        finish=[
            fail(
                run.phases["Urgency"],
                "No, nothing burns.",
                kind="invalid_output",
                message=misfit,
                faults=faults,
                retry_reason=_AGAIN,
            ),
            fail(run.phases["Causes"], None, kind="auth", message="The key was refused.", retry_reason=_NEXT),
        ],
        begin=[begin("Urgency", _MINI, 2), begin("Causes", _MINI, 2)],
    )["begun"]
    second = {each["code"]: UUID(each["id"]) for each in begun}
    why = "Skipped, because its condition is not true: phases['Urgency'].json.urgent"
    held.advance(
        finish=[answer(second["Urgency"], response=_NOT_URGENT), answer(second["Causes"])],
        skip=[{"code": "Alert", "error": {"kind": "condition", "message": why}}],
        begin=[begin("Answers", connection_model)],
    )
    return run.id
