"""The tables of a report, line by line as the trail is read: of what has millions of entries none is held."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.access.actor import COMMAND_LINE
from lib.audit import actions
from lib.audit.origins import say_origin
from lib.audit.report import queries, words
from lib.audit.report.views import Line
from lib.retention.counting import KINDS
from lib.users.views import SOME_OPERATOR

_RIGHTS: Final = (
    "users.create",
    "users.update",
    "users.delete",
    "invitations.create",
    "invitations.update",
    "invitations.delete",
)
_WAYS_IN: Final = ("credentials.update", "credentials.delete", "identity.make_password_link")
_KEYED: Final = ("provider_connections", "integration_connections", "webhooks")
#: Columns of keys: the trail has that they were entered, never what.
_KEYS: Final = ("encrypted_key", "encrypted_secret", "secret_key")
#: How actions end by which something was taken out of the installation.
_TAKEN_ALONG: Final = (".export", "installation.backup", "installation.export_key")
#: Of an archive what its line does not say by itself.
_OF_ARCHIVES: Final = ("bytes", "file_count", "cost_usd", "failure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One organization's trail of the period, and what its people are called."""

    session: Session
    organization_id: UUID
    since: datetime
    before: datetime
    names: Mapping[UUID, str]
    #: Of whoever reads the report.
    zone: str

    def entries(self, *of: str) -> Iterator[Row[Any]]:
        """The entries of these actions in the order of time."""
        streams = (
            queries.list_entries(self.session, self.organization_id, each, since=self.since, before=self.before)
            for each in of
        )
        return heapq.merge(*streams, key=lambda entry: (entry.created_at, entry.id))

    def line(self, entry: Row[Any], **said: Any) -> Line:
        """The entry as a line; `said` is what its table says differently."""
        return Line(
            at=entry.created_at,
            who=self.say_who(entry),
            origin=say_origin(entry.address, entry.user_agent),
            **({"did": actions.say(entry.action, entry.old_values, entry.new_values)} | said),
        )

    def say_who(self, entry: Row[Any]) -> str:
        """Who did it; of the command line the command."""
        if entry.user_id is not None:
            return self.names.get(entry.user_id, SOME_OPERATOR.name)
        agent = entry.user_agent or ""
        return f"System ({agent})" if agent.startswith(COMMAND_LINE) else "System"

    def say_changes(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        """What of these differs, as the reader reads it."""
        return words.say_changes(old, new, names=self.names, zone=self.zone)


def list_rights(trail: Trail) -> Iterator[Line]:
    """Whoever came and went, and what they were given and lost."""
    for entry in trail.entries(*_RIGHTS):
        old, new = entry.old_values, entry.new_values
        if entry.action.startswith("invitations."):
            yield trail.line(entry, what=str(new.get("email") or old.get("email") or ""), **_invitation(entry))
        elif entry.action != "users.update":
            is_added = entry.action == "users.create" and entry.user_id != entry.resource_id
            named = {"did": "added the person"} if is_added else {}
            rights = {"before": words.say_rights(old), "after": words.say_rights(new)}
            yield trail.line(entry, what=_name(trail, entry), **rights, **named)
        elif changed := [say for field, say in _STANDING.items() if field in old or field in new]:
            before, after = ("; ".join(said for say in changed if (said := say(side))) for side in (old, new))
            yield trail.line(entry, what=_name(trail, entry), before=before, after=after)


def _permissions(values: Mapping[str, Any]) -> str:
    return words.say_permissions(values.get("permissions")) or "no own permissions"


#: Fields of a person that say what they may do -> how each is written.
_STANDING: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "role": lambda values: str(values.get("role") or "").capitalize(),
    "permissions": _permissions,
    "deactivated_at": lambda values: "deactivated" if values.get("deactivated_at") else "active",
    "deleted_at": lambda values: "removed" if values.get("deleted_at") else "there",
    "is_operator": lambda values: "operator of the installation" if values.get("is_operator") else "no operator",
}


def _invitation(entry: Row[Any]) -> dict[str, str]:
    """What became of an invitation: made, taken, taken back, or renewed."""
    old, new = entry.old_values, entry.new_values
    if entry.action == "invitations.update":
        if new.get("accepted_at"):
            return {"did": "came by an invitation"}
        if new.get("revoked_at"):
            return {"did": "took an invitation back"}
    return {"before": words.say_rights(old), "after": words.say_rights(new)}


def _name(trail: Trail, entry: Row[Any]) -> str:
    values = entry.new_values | entry.old_values
    return trail.names.get(entry.resource_id) or str(values.get("full_name") or values.get("username") or "")


def list_ways_in(trail: Trail) -> Iterator[Line]:
    """Second factors that were switched on and off, passwords that were lost, and links for new ones."""
    for entry in trail.entries(*_WAYS_IN):
        old, new = entry.old_values, entry.new_values
        said = {}
        if entry.action == "credentials.update":
            if "totp_enabled_at" not in old and "totp_enabled_at" not in new:
                continue
            is_on = new.get("totp_enabled_at") is not None
            said["did"] = "switched the second factor on" if is_on else "switched the second factor off"
        yield trail.line(entry, what=_name(trail, entry), **said)


def list_settings(trail: Trail, group: str) -> Iterator[Line]:
    """Changes of the organization's settings of one group, a line for each setting."""
    for entry in trail.entries("organizations.update"):
        sides = (entry.old_values, entry.new_values)
        old, new = ((side.get("settings") or {}).get(group) or {} for side in sides)
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                before, after = (words.say_setting(name, side.get(name)) for side in (old, new))
                yield trail.line(entry, did="changed", what=words.name_setting(group, name), before=before, after=after)


def list_exports(trail: Trail, counted: Mapping[str, int]) -> Iterator[Line]:
    """What was taken along, by whom, and how much; `counted` are the actions that the period has."""
    for entry in trail.entries(*(action for action in counted if action.endswith(_TAKEN_ALONG))):
        values = dict(entry.new_values)
        rows = values.pop("rows", None)
        kind = str(values.pop("format", "")).upper()
        narrowed = values.pop("filters", None) or {}
        values.pop("sort", None)
        if entry.resource_type == "archives":  # its project is called so; the trail itself has its checksum
            values = {"project": entry.name, "runs": values.get("runs"), "bytes": values.get("bytes")}
        values["is_cut"] = values.get("is_cut") or None
        more = {**values, **(narrowed if isinstance(narrowed, dict) else {})}
        yield trail.line(entry, what=words.say(kind), before=words.say(rows), after=trail.say_changes({}, more))


def list_keys(trail: Trail) -> Iterator[Line]:
    """Connections, integrations and webhooks that came and went, and keys of them that were entered anew."""
    for entry in trail.entries(*(f"{kind}.{verb}" for kind in _KEYED for verb in ("create", "update", "delete"))):
        values = entry.new_values | entry.old_values
        said = {}
        if entry.action.endswith(".update"):
            if not any(key in entry.new_values or key in entry.old_values for key in _KEYS):
                continue
            said["did"] = "entered another key"
        yield trail.line(entry, what=entry.name or str(values.get("name") or ""), **said)


def list_removals(trail: Trail, counted: Mapping[str, int]) -> Iterator[Line]:
    """What retention removed, and what became of archives; who took one along stands elsewhere."""
    for entry in trail.entries(*_begin(counted, "retention.", "archives.")):
        old, new = entry.old_values, entry.new_values
        if entry.action.startswith("retention."):
            kind = KINDS.get(str(new.get("kind")))
            told = words.say_removal(new, zone=trail.zone) if kind else trail.say_changes({}, new)
            yield trail.line(entry, what=kind or "", after=told)  # a newer version may know other kinds
        else:
            sides = ({name: side.get(name) or None for name in _OF_ARCHIVES} for side in (old, new))
            name = entry.name or str(new.get("project_name") or "")
            yield trail.line(entry, what=name, after=trail.say_changes(*sides))


def list_holds(trail: Trail, counted: Mapping[str, int]) -> Iterator[Line]:
    """Legal holds that were placed and released, by what they keep and why."""
    for entry in trail.entries(*_begin(counted, "legal_holds.")):
        yield trail.line(entry, what=words.say(entry.name or entry.new_values.get("reason")))


def _begin(counted: Mapping[str, int], *prefixes: str) -> Iterator[str]:
    """The actions that begin so, whatever they are called; but exports."""
    return (each for each in counted if each.startswith(prefixes) and not each.endswith(".export"))
