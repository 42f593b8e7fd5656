"""YAML as people write it: texts, numbers, yes and no, lists and groups, each with its place in the file.

Narrower than YAML on purpose. Aliases, anchors and tags are refused: they make much of little, or objects of text. What
is written without quotes is read as YAML 1.2's core schema has it (https://yaml.org/spec/1.2.2/#103-core-schema), so
`on`, `12:30` and `2026-01-31` stay the texts that they look like.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.reader import ReaderError

from lib.quoting import LONGEST_SENTENCE, cut
from lib.validation import Location, name_place

#: Deeper, or with more values, nothing of ours is; both are counted while the file is read.
MAX_DEPTH = 40
MAX_VALUES = 50_000
#: More help nobody at once; reading ends there.
MOST_FAULTS = 20

_WORDS: Final[Mapping[str, object]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: Python reads no more than 4,300 digits.
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_LONGEST_LINE = 200
#: Of the name of a place that is very deep no more parts are said.
_LONGEST_NAME = 6

#: PyYAML's words -> what to do about it.
_SAID: Final = (
    ("mapping values are not allowed", "a colon can't stand here; put the text in quotes, or check the indentation"),
    ("could not find expected ':'", "a colon is missing after a name, or the text needs quotes or more indentation"),
    (r"character '\t'", "a tabulator can't indent; use spaces"),
    ("that cannot start any token", "a text can't begin with this character; put it in quotes"),
    ("found unexpected end of stream", "a quotation mark is opened and never closed"),
    ("expected <block end>", "the indentation fits nothing above it"),
    ("expected ',' or", "a comma or a closing bracket is missing"),
    ("did not find expected <document start>", "something stands after the end of the template; put it under a name"),
    ("expected the node content", "a value is missing, or begins with a character that needs quotes"),
    ("not in range", "there is no character of this number; take it out"),
    ("too large to convert", "there is no character of this number; take it out"),
    ("integer string conversion", "there is a number with too many digits; take it out"),
    ("special characters are not allowed", "there is a control character; take it out"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value or a name stands; both numbers count from 1."""

    line: int
    column: int
    #: What is written there, of a value without quotes.
    written: str | None = None
    #: Of a text after `|`: its lines are lines of the file, from the next one on.
    is_literal: bool = False


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong with the YAML itself."""

    location: Location
    words: str
    place: Place


@dataclass(slots=True)
class Document:
    """What a file says, and where."""

    lines: list[str]
    value: Any = None
    #: Of each value.
    places: dict[Location, Place] = field(default_factory=dict)
    #: Of the name before it.
    names: dict[Location, Place] = field(default_factory=dict)
    faults: list[TextFault] = field(default_factory=list)
    #: Whether it could be read to its end.
    is_whole: bool = False

    def place_of(self, location: Location) -> Place:
        """Where that is, or the nearest thing around it that is there."""
        for length in range(len(location), 0, -1):
            found = self.places.get(location[:length]) or self.names.get(location[:length])
            if found:
                return found
        return self.places.get((), Place(1, 1))

    def line(self, number: int) -> str:
        """A line as it stands, shortened where it is very long."""
        text = self.lines[number - 1] if number <= len(self.lines) else ""
        return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"

    def get(self, location: Location) -> Any:
        """The value that is there."""
        value = self.value
        for part in location:
            value = value[part]
        return value

    def put(self, location: Location, value: object) -> None:
        """Have another value there."""
        self.get(location[:-1])[location[-1]] = value


class _TooMuchError(Exception):
    """Reading goes no further."""


def read_yaml(text: str) -> Document:
    """What the text says. Never raises for what is wrong with it: that stands in `faults`."""
    document = Document(_LINE_END.split(text))
    reader = _Reader(document)
    try:
        reader.read(yaml.parse(text, Loader=yaml.SafeLoader))
        document.is_whole = True
    except _TooMuchError:
        pass
    except MarkedYAMLError as error:
        is_unclosed = "unexpected end of stream" in (error.problem or "")
        reader.note(_say(error.problem or ""), _place(error.context_mark if is_unclosed else error.problem_mark))
    except ReaderError as error:
        before = _LINE_END.split(text[: error.position])
        reader.note(_say(str(error.reason)), Place(len(before), len(before[-1]) + 1))
    except Exception as error:  # PyYAML hands on what Python says of a character beyond Unicode, and who knows of what
        reader.note(_say(str(error)), reader.place)
    return document


class _Reader:
    """Makes values of PyYAML's events, one after the other, so that nothing is built before it is counted."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._at: Location = ()
        self._values = 0
        #: Of what was read last.
        self.place = Place(1, 1)

    def note(self, words: str, place: Place) -> None:
        """Note a fault of what is being read."""
        self._document.faults.append(TextFault(self._at, f"{name_place(self._at)}{words}", place))

    def refuse(self, words: str, place: Place) -> None:
        """The same, while reading goes on; it ends where there are too many."""
        self.note(words, place)
        if len(self._document.faults) >= MOST_FAULTS:
            raise _TooMuchError

    def read(self, events: Iterator[Event]) -> None:
        documents = 0
        for event in events:
            self.place = _place(event.start_mark)
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._at = ()
                    raise self._too_much("a second document begins; a file holds one template", event)
            elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                self._document.value = self._take(event, events, ())

    def _take(self, event: Event, events: Iterator[Event], location: Location) -> object:
        self._at, self._values = location, self._values + 1
        if self._values > MAX_VALUES:
            raise self._too_much(f"it has more than {MAX_VALUES:,} values", event)
        if len(location) > MAX_DEPTH:
            self._at = location[:_LONGEST_NAME]
            raise self._too_much(f"it is nested more than {MAX_DEPTH} levels deep", event)
        self._refuse_machinery(event)
        place = self.place = _place(event.start_mark)
        self._document.places[location] = place
        if isinstance(event, MappingStartEvent):
            return self._take_group(events, location)
        if isinstance(event, SequenceStartEvent):
            return self._take_list(events, location)
        if not isinstance(event, ScalarEvent):
            return None
        written = event.value if event.style is None else None
        self._document.places[location] = Place(place.line, place.column, written, is_literal=event.style == "|")
        return event.value if written is None else read_plain(written)

    def _take_list(self, events: Iterator[Event], location: Location) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(events), CollectionEndEvent):
            found.append(self._take(event, events, (*location, len(found))))
        return found

    def _take_group(self, events: Iterator[Event], location: Location) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(events), CollectionEndEvent):
            name = self._take_name(event, location)
            inner = (*location, name)
            self._at = inner
            if name in found:
                first = self._document.names[inner].line
                self.refuse(f"is there twice, in line {first} already", _place(event.start_mark))
            else:
                self._document.names[inner] = _place(event.start_mark)
                found[name] = None
            value = self._take(next(events), events, inner)
            found[name] = value
        return found

    def _take_name(self, event: Event, location: Location) -> str:
        self._at = location
        self._refuse_machinery(event)
        if not isinstance(event, ScalarEvent):
            raise self._too_much("a name must be text; a text that begins with “{” or “[” needs quotes", event)
        return str(event.value)

    def _refuse_machinery(self, event: Event) -> None:
        place = _place(event.start_mark)
        if isinstance(event, AliasEvent):
            self.refuse(f"“*{cut(event.anchor)}” can't be used; write what it stands for", place)
        elif isinstance(event, NodeEvent) and event.anchor:
            self.refuse(f"“&{cut(event.anchor)}” can't be used: values can't be named", place)
        if tag := getattr(event, "tag", None):
            self.refuse(f"the tag “{cut(tag)}” can't be used; leave it out", place)

    def _too_much(self, words: str, event: Event) -> _TooMuchError:
        self.refuse(words, _place(event.start_mark))
        return _TooMuchError()


def read_plain(written: str) -> object:
    """What a value without quotes is."""
    if written in _WORDS:
        return _WORDS[written]
    if _INTEGER.fullmatch(written):
        return int(written)
    return float(written) if _NUMBER.fullmatch(written) else written


def _place(mark: Any) -> Place:
    """Of PyYAML's mark; its Python and its C have no type in common."""
    return Place(mark.line + 1, mark.column + 1)


def _say(problem: str) -> str:
    return next(
        (words for begins, words in _SAID if begins in problem),
        f"this is not valid YAML: {cut(problem, LONGEST_SENTENCE)}",
    )
