"""The engine's doors: what a worker calls to walk a run, and what a person calls to queue or end one."""

from migrations import functions

revision = "0010"
down_revision = "0009"

#: file -> who may execute it. The worker calls the outer ones, which make it the engine for the inner ones.
DOORS = {
    "api_enter_engine": "orchestrator_worker",
    "api_speak_for_run": "engine",
    "api_take_quota": "engine",
    "api_finish_attempts": "engine",
    "api_begin_attempts": "engine",
    "api_end_run": "engine, authenticated",
    "api_open_segment": "orchestrator_worker",
    "api_advance_run": "orchestrator_worker",
    "api_write_stream": "orchestrator_worker",
    "api_queue_run": "",
    "api_enqueue_run": "authenticated",
    "api_requeue_lost_runs": "orchestrator_worker",
    "api_cancel_requests": "orchestrator_worker",
}
#: What a later migration changed first, and which.
BEFORE = (
    dict.fromkeys(("api_take_quota", "api_end_run", "api_open_segment", "api_requeue_lost_runs"), "0019")
    | dict.fromkeys(("api_advance_run", "api_begin_attempts"), "0032")
    | {"api_finish_attempts": "0033", "api_queue_run": "0034", "api_enqueue_run": "0034"}
)


def upgrade() -> None:
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=BEFORE.get(name))


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
