"""Of what there are exports: who may have them, which rows an address means, and how they are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import parse_qs

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import address as audit_address
from lib.audit import trail
from lib.audit.exports import Written
from lib.errors import InvalidInput
from lib.exports import ExportFormat
from lib.models.export_job import ExportKind
from lib.organizations.tiers import Feature
from lib.usage.calls import address as calls_address
from lib.usage.calls import service as calls

_LONGEST_QUERY: Final = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of export."""

    permissions: tuple[Permission, ...]
    #: What the tier of the organization has to have.
    feature: Feature | None = None
    #: What the files are called, before the day.
    name: str
    #: Has an address mean what the page means by it, or raises `InvalidInput`.
    read: Callable[[str], str]
    #: Writes the rows that an address means for whoever asks.
    write: Callable[[Actor, str, BinaryIO, ExportFormat], Written]

    def require(self, actor: Actor) -> None:
        """Raise `NotPermitted` for whoever may not have such files."""
        for permission in self.permissions:
            actor.require(permission)


def read_query(kind: ExportKind, query: str) -> str:
    """The address of such a file without what says nothing. Raises `InvalidInput`."""
    if len(query) > _LONGEST_QUERY or len(said := KINDS[kind].read(query)) > _LONGEST_QUERY:
        message = "This view names too many things to be written to a file. Take some of the filters away."
        raise InvalidInput(message, field="Filters")
    return said


def _read_audit(query: str) -> str:
    return audit_address.write_address(audit_address.read_address(parse_qs(query)))


def _write_audit(actor: Actor, query: str, out: BinaryIO, file_format: ExportFormat) -> Written:
    return trail.export_entries(actor, audit_address.read_address(parse_qs(query)), out, file_format=file_format)


def _read_calls(query: str) -> str:
    return calls_address.write_address(calls_address.read_address(parse_qs(query)))


def _write_calls(actor: Actor, query: str, out: BinaryIO, file_format: ExportFormat) -> Written:
    return calls.export_calls(actor, calls_address.read_address(parse_qs(query)), out, file_format=file_format)


KINDS: Final[Mapping[ExportKind, Kind]] = {
    ExportKind.AUDIT: Kind(
        permissions=(Permission.AUDIT_VIEW, Permission.AUDIT_EXPORT),
        feature=Feature.AUDIT_EXPORT,
        name="audit",
        read=_read_audit,
        write=_write_audit,
    ),
    ExportKind.CALLS: Kind(
        permissions=(Permission.ANALYTICS_VIEW,), name="calls", read=_read_calls, write=_write_calls
    ),
}
