"""A report as one HTML file that needs nothing beside itself: it is written as its tables are read.

Whatever stands in it is data: every character is escaped, what hides is taken out, and the file's own content security
policy lets nothing be loaded or run.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lib import days, figures, hidden
from lib.access.permission_names import name_permission
from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.audit.report import accesses, lines, words
from lib.audit.report.lines import Trail
from lib.audit.report.views import Frame, Line, Month, PersonThen, Refused
from lib.audit.sealing import MOST_UNSEALED, REASONS
from lib.audit.views import Verification
from lib.clock import find_zone
from lib.identity import attempts, policy
from lib.organizations.structures import Retention, SecuritySettings
from lib.organizations.tiers import ALLOWANCES
from lib.usage.periods import Period

#: Of each table; nobody reads on, and the trail's own file has them all.
MOST_LINES: Final = 10_000
_HERE: Final = Path(__file__).parent
_STYLE: Final = (_HERE / "report.css").read_text(encoding="utf-8")
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: Written at once, in pieces of the template.
_PIECES: Final = 200
_REACH: Final[Mapping[Scope | None, str]] = {Scope.ORGANIZATION: "all", Scope.OWN: "own", None: days.NOTHING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is written; the tables of many lines are read while that is done."""

    frame: Frame
    period: Period
    made_at: datetime
    made_by: str
    #: As of when people and settings are told.
    moment: datetime
    verified: Verification
    #: As they were stored then.
    settings: Mapping[str, Any]
    people: Sequence[PersonThen]
    months: Sequence[Month]
    refused_people: Sequence[Refused]
    refused_addresses: Sequence[Refused]
    findings: Iterable[Line]
    trail: Trail


class Table:
    """Lines as they are read: no more than `MOST_LINES` are told, the others are counted."""

    def __init__(self, name: str, found: Iterable[Line]) -> None:
        self.name = name
        self._found = found
        self.told = 0
        self.more = 0

    def __iter__(self) -> Iterator[Line]:
        for line in self._found:
            if self.told < MOST_LINES:
                self.told += 1
                yield line
            else:
                self.more += 1


def write_html(report: Report, out: BinaryIO) -> int:
    """Write the file, and say how many lines its tables have."""
    trail, counted = report.trail, _sum(report.months)
    tables = {
        "rights_changed": Table("Changes of rights", lines.list_rights(trail)),
        "security_changes": Table("Changes of these settings", lines.list_settings(trail, "security_settings")),
        "ways_in": Table("Second factors and ways in", lines.list_ways_in(trail)),
        "findings": Table("Unusual access", report.findings),
        "retention_changes": Table("Changes of retention", lines.list_settings(trail, "retention")),
        "removals": Table("Removals and archives", lines.list_removals(trail, counted)),
        "holds": Table("Legal holds", lines.list_holds(trail, counted)),
        "exports": Table("Exports", lines.list_exports(trail, counted)),
        "keys": Table("Keys", lines.list_keys(trail)),
    }
    stream = _environment.get_template("report.html").stream(
        report=report,
        frame=report.frame,
        verified=report.verified,
        counted=counted,
        kinds=accesses.KINDS,
        security=_settings(report.settings, "security_settings", SecuritySettings),
        retention=_settings(report.settings, "retention", Retention),
        bounds=ALLOWANCES.get(report.frame.tier),  # type: ignore[call-overload]  # a tier's own word
        zone=report.period.zone,
        **tables,
    )
    stream.enable_buffering(_PIECES)
    for piece in stream:
        out.write(piece.encode())
    return sum(table.told for table in tables.values())


def _sum(months: Sequence[Month]) -> dict[str, int]:
    found: dict[str, int] = {}
    for month in months:
        for action, number in month.counts.items():
            found[action] = found.get(action, 0) + number
    return found


def _settings(stored: Mapping[str, Any], group: str, structure: Any) -> list[tuple[str, str]]:
    """Each setting of a group by its name, with what held where nothing was set."""
    values = stored.get(group) or {}
    found = []
    for name, field in structure.model_fields.items():
        value = values.get(name, field.default)
        said = words.say_setting(name, list(value) if isinstance(value, tuple) else value)
        found.append((words.name_setting(group, name), said))
    return found


def _count_of(counts: Mapping[str, int], of: Sequence[str]) -> int:
    return sum(counts.get(action, 0) for action in of)


def _clean(value: object) -> object:
    """What a place of the template says: without what hides in it, for every character of it is somebody's."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else hidden.visible(value)


def _file_hash(value: bytes | None) -> str:
    return value.hex() if value else days.NOTHING


_environment: Final = Environment(
    loader=FileSystemLoader(_HERE),
    undefined=StrictUndefined,
    autoescape=True,
    finalize=_clean,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals |= {
    "style": Markup(_STYLE),  # noqa: S704 - our own words
    "digest": _DIGEST,
    "count": figures.count,
    "number": figures.number,
    "duration": figures.duration,
    "share": figures.share,
    "moment": days.moment_in_table,
    "exact": days.exact,
    "days_span": days.days_span,
    "month": days.month_of_year,
    "in_zone": lambda moment, zone: moment.astimezone(find_zone(zone)),
    "hash_of": _file_hash,
    "count_of": _count_of,
    "nothing": days.NOTHING,
    "most_lines": MOST_LINES,
    "most_sought": accesses.MOST_SOUGHT,
    "most_unsealed": MOST_UNSEALED,
    "reasons": REASONS,
    "name_permission": name_permission,
    "roles": tuple(Role),
    "rights": [(each, [_REACH[GRANTS[role].get(each)] for role in Role]) for each in Permission],
    "longest_session": policy.LONGEST_SESSION.days,
    "locked_for": attempts.LOCKED_FOR.seconds // 60,
    "most_wrong": attempts.MOST_WRONG_PASSWORDS,
    "most_wrong_from": attempts.MOST_WRONG_FROM_ONE_ADDRESS,
}
