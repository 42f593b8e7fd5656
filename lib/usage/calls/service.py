"""The calls behind a bar: read a page at a time, and taken along as a file."""

from typing import BinaryIO, Final

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.exports import Written, export_list_into
from lib.db.session import tenant_session
from lib.exports import Column, ExportFormat, Kind
from lib.usage.calls import queries
from lib.usage.calls.address import say_hour, say_key, say_left_out, together
from lib.usage.calls.views import CallFilter, CallList, CallView
from lib.usage.reading import GONE, name_keys

#: Of a file: a spreadsheet ends there, and nobody reads so far.
MOST_CALLS: Final = 1_000_000

#: The columns of a file, as `queries.export_calls` finds them.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("created_at", Kind.MOMENT),
    Column("user_id", Kind.WORD),
    Column("person", Kind.TEXT),
    Column("project_id", Kind.WORD),
    Column("project", Kind.TEXT),
    Column("run_id", Kind.WORD),
    Column("run", Kind.TEXT),
    Column("provider", Kind.TEXT),
    Column("model", Kind.TEXT),
    Column("endpoint", Kind.TEXT),
    Column("prompt_tokens", Kind.INTEGER),
    Column("completion_tokens", Kind.INTEGER),
    Column("cost_usd", Kind.DOLLARS),
    Column("response_time_ms", Kind.INTEGER),
    Column("error_kind", Kind.WORD),
    Column("template_id", Kind.WORD),
    Column("template", Kind.TEXT),
    Column("method", Kind.WORD),
    Column("status_code", Kind.INTEGER),
)


def list_calls(actor: Actor, chosen: CallFilter, *, cursor: str | None = None, limit: int = 50) -> CallList:
    """A page of the calls, the newest first. Raises `NotPermitted`, and `InvalidInput` for a cursor that is none."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        found = queries.list_calls(session, actor.organization_id, chosen=chosen, cursor=cursor, limit=limit)
        items = tuple(CallView(**queries.view(row)) for row in found.rows)
        said = [*chosen.query.chosen.items(), *chosen.all_but.items()]
        told = together((by, key) for by, keys in said for key in keys)
        asked = {by: name_keys(session, by, [*keys]) for by, keys in told.items()}
        # an id that is not the reader's to see is not said to them either
        names = {by: {key: name for key, name in named.items() if name != GONE} for by, named in asked.items()}
        return CallList(items, newer=found.newer, older=found.older, names=names)


def count_calls(actor: Actor, chosen: CallFilter, *, most: int) -> int:
    """How many there are, counted no further than `most`."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_calls(session, actor.organization_id, chosen=chosen, most=most)


def export_calls(actor: Actor, chosen: CallFilter, out: BinaryIO, *, file_format: ExportFormat) -> Written:
    """Write the calls as they stand at one moment, at most `MOST_CALLS`, the newest first; recorded as `usage.export`.

    They are never all in memory: each page is read, written and forgotten.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        statement, order = queries.export_calls(actor.organization_id, chosen)
        return export_list_into(
            out,
            session,
            statement,
            order=order,
            columns=COLUMNS,
            file_format=file_format,
            resource_type="usage",
            filters=said_filters(chosen),
            most=MOST_CALLS,
        )


def said_filters(chosen: CallFilter) -> dict[str, object]:
    """What was chosen, for the trail."""
    query = chosen.query
    ways = {by.value: sorted(say_key(key) for key in keys) for by, keys in query.chosen.items()}
    ways["but"] = say_left_out(chosen.all_but)
    hour = chosen.hour and say_hour(chosen.hour)
    of = "models" if query.is_model else "operations"
    return {"of": of, "from": chosen.starts_at, "to": chosen.ends_at, "failed": chosen.is_failed, "hour": hour, **ways}
