"""Templates as YAML files: written for people to read and edit, and read back with every fault in its line."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.events import record_event
from lib.db.session import tenant_session
from lib.errors import FileFault, FileInvalid, InvalidInput, NotFound
from lib.quoting import cut
from lib.templates.access import get_row
from lib.templates.inputs import Part, find_repeated
from lib.templates.sandbox import compile_prompt
from lib.templates.service import (
    MAX_CATEGORY,
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_TAG,
    MAX_TAGS,
    TemplateDetails,
    check_details,
    create_template,
)
from lib.templates.steps import PromptFault
from lib.templates.structure import TemplateData, parse_template
from lib.templates.versions import queries
from lib.templates.yaml_text import MOST_FAULTS, Document, Place, read_yaml
from lib.templates.yaml_writing import write_yaml
from lib.validation import Fault, Location, describe, find_faults, name_place

#: Five times the prompts that a template may have: indentation counts.
MAX_BYTES: Final = 1_000_000
#: docs/ has it; tests hold it against the models.
SCHEMA_FILE: Final = "template.schema.json"

_HEADER: Final = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# A template of AI Orchestrator. docs/templates.md says what can stand in it.
"""
_YES, _NO = frozenset({"yes", "on", "y"}), frozenset({"no", "off", "n"})
_LINE_OF_PROMPT = re.compile(r"line (\d+): ")
_NAMED = re.compile("“([^”]*)”")


class TemplateFile(Part):
    """A template as a file: what stands on its card, and what it says."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    category: Annotated[str, Field(max_length=MAX_CATEGORY)] = ""
    tags: tuple[Annotated[str, Field(min_length=1, max_length=MAX_TAG)], ...] = Field(default=(), max_length=MAX_TAGS)
    data: TemplateData

    @property
    def details(self) -> TemplateDetails:
        """What stands on the card."""
        return TemplateDetails(name=self.name, description=self.description, category=self.category, tags=self.tags)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is wrong, and where; its words are made of those alone that are shown."""

    location: Location
    place: Place
    say: Callable[[], str]


def export_template(actor: Actor, template_id: UUID, version: int | None = None) -> bytes:
    """The version that is offered, or that one, as a file; recorded as `templates.export`.

    Raises `NotFound`, and `PlanInvalid` for one that a newer version of the application wrote.
    """
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        template = get_row(session, template_id)
        number = template.version if version is None else version
        found = template if number == template.version else queries.find_version(session, template_id, number)
        if found is None:
            raise NotFound("version")
        content = write_template_file(
            TemplateFile(
                name=template.name,
                description=template.description or "",
                category=template.category or "",
                tags=tuple(template.tags),
                data=parse_template(found.template_data),
            )
        )
        record_event(
            session,
            "templates.export",
            resource_type="templates",
            resource_id=template_id,
            values={"format": "yaml", "version": number},
        )
        return content


def import_template(actor: Actor, content: bytes) -> UUID:
    """Make a draft of what the file says and return its id. Raises `FileInvalid`, `NotPermitted`."""
    actor.require(Permission.TEMPLATES_CREATE)
    read = read_template_file(content)
    return create_template(actor, read.details, read.data.to_json(), note="Imported from a file")


def write_template_file(template: TemplateFile) -> bytes:
    """The file's content; what was left out stays out."""
    card = template.model_dump(mode="json", include={"name", "description", "category", "tags"}, exclude_defaults=True)
    return (_HEADER + write_yaml({**card, "data": template.data.to_json()})).encode()


def read_template_file(content: bytes) -> TemplateFile:
    """What the file says. Raises `FileInvalid` with up to `MOST_FAULTS` faults, each with its line where it has one."""
    document = read_yaml(_decode(content))
    faults = [_Found(fault.location, fault.place, partial(str, fault.words)) for fault in document.faults]
    if document.is_whole:
        said = {fault.location for fault in faults}
        faults.extend(fault for fault in _find_faults(document) if not _is_within(fault.location, said))
    if faults:
        faults.sort(key=lambda fault: fault.place.line)
        raise _invalid([_describe(fault, document) for fault in faults[:MOST_FAULTS]], more=len(faults) - MOST_FAULTS)
    return TemplateFile.model_validate(document.value)


def _describe(fault: _Found, document: Document) -> FileFault:
    return FileFault(fault.say(), fault.place.line, fault.place.column, document.line(fault.place.line))


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        words = f"it has {len(content):,} bytes; {MAX_BYTES:,} is the most"
        raise _invalid([FileFault(words)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig").split("\n")
        words = "this is not UTF-8; save the file with the encoding UTF-8"
        if b"\0" in content and not content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise _invalid([FileFault("it is no text; choose a YAML file, as Export makes it")]) from error
        raise _invalid([FileFault(words, len(before), len(before[-1]) + 1)]) from None
    if not text.strip():
        raise _invalid([FileFault("it is empty")])
    return text


def _find_faults(document: Document) -> Iterator[_Found]:
    """What is wrong with what the YAML says, once what people mean by it is there."""
    _take_defaults_as_written(document)
    faults = find_faults(TemplateFile, document.value)
    if [fault for fault in faults if _mend(document, fault)]:
        faults = find_faults(TemplateFile, document.value)
    for fault in faults:
        location = _named_in(document, fault) if fault.kind == "value_error" else fault.location
        yield _Found(location, _place_of(document, location, fault.kind), fault.say)
    if not faults:
        read = TemplateFile.model_validate(document.value)
        yield from _faults_of_card(document, read)
        yield from _faults_of_prompts(document, read)
        yield from _faults_of_choices(document, read)


def _take_defaults_as_written(document: Document) -> None:
    """`default: 1.10` of a text is that text, though it could be a number."""
    data = document.value.get("data") if isinstance(document.value, dict) else None
    inputs = data.get("inputs") if isinstance(data, dict) else None
    for index, asked in enumerate(inputs if isinstance(inputs, list) else ()):
        if isinstance(asked, dict) and asked.get("default") is not None and asked.get("kind") != "number":
            _put_as_written(document, ("data", "inputs", index, "default"))


def _mend(document: Document, fault: Fault) -> bool:
    """Put what was meant where a text or a yes or no belongs; says whether there is something new to be looked at."""
    if fault.kind == "string_type":
        return _put_as_written(document, fault.location)
    place = document.places.get(fault.location)
    word = (place.written or "").lower() if place else ""
    if fault.kind == "bool_type" and word in _YES | _NO:
        document.put(fault.location, word in _YES)
        return True
    return False


def _put_as_written(document: Document, location: Location) -> bool:
    place = document.places.get(location)
    if place is None or place.written is None:
        return False
    document.put(location, place.written)
    return True


def _named_in(document: Document, fault: Fault) -> Location:
    """Where that is of which a fault of the whole speaks: the last phase, or input, of the first name in its words."""
    named = _NAMED.search(fault.say())
    places = [
        location
        for location in document.places
        if location[:1] == ("data",) and len(location) == 4 and location[-1] in {"code", "name"}
    ]
    found = [location for location in places if named and document.get(location) == named[1]]
    return found[-1] if found else fault.location


def _place_of(document: Document, location: Location, kind: str) -> Place:
    """A name that nobody knows is meant itself, everything else is the value."""
    if kind == "extra_forbidden" and location in document.names:
        return document.names[location]
    return document.place_of(location)


def _faults_of_card(document: Document, read: TemplateFile) -> Iterator[_Found]:
    try:
        check_details(read.details)
    except InvalidInput as error:
        location = ((error.field or "").lower(),)
        yield _Found(location, document.place_of(location), partial(str, error.message.rstrip(".")))


def _faults_of_prompts(document: Document, read: TemplateFile) -> Iterator[_Found]:
    for index, phase in enumerate(read.data.phases):
        location: Location = ("data", "phases", index, "prompt")
        try:
            compile_prompt(phase.prompt)
        except PromptFault as fault:
            place = document.place_of(location)
            begins = _LINE_OF_PROMPT.match(fault.message)
            words = f"{name_place(location)}{fault.message.rstrip('.')}"
            if begins and place.is_literal:
                place = Place(place.line + _empty_lines(document, location) + int(begins[1]), 1)
                words = f"{name_place(location)}{fault.message[begins.end() :].rstrip('.')}"
            yield _Found(location, place, partial(str, words))


def _faults_of_choices(document: Document, read: TemplateFile) -> Iterator[_Found]:
    for index, asked in enumerate(read.data.inputs):
        if repeated := find_repeated(asked):
            location: Location = ("data", "inputs", index, "choices")
            second = len(asked.choices) - 1 - asked.choices[::-1].index(repeated)
            words = f"{name_place(location)}the choice “{cut(repeated)}” is there twice"
            yield _Found(location, document.place_of((*location, second)), partial(str, words))


def _empty_lines(document: Document, location: Location) -> int:
    """How many there are before the text begins; the models take them off."""
    text = document.get(location)
    return text[: len(text) - len(text.lstrip())].count("\n") if isinstance(text, str) else 0


def _is_within(location: Location, around: Set[Location]) -> bool:
    return any(location[:length] in around for length in range(len(location) + 1))


def _invalid(faults: Sequence[FileFault], *, more: int = 0) -> FileInvalid:
    found = [*faults, FileFault(f"and {more} more")] if more > 0 else list(faults)
    return FileInvalid(describe([str(fault) for fault in found], what="The file"), faults=found)
