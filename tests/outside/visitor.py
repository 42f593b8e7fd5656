"""A program that speaks Streamlit's protocol over a websocket: what a browser would send, and what it would get."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from lib.identity.cookie import session_cookie_name

_PATIENCE_SECONDS = 60
_NOT_YET = ForwardMsg.FINISHED_EARLY_FOR_RERUN
_CHANGING = re.compile(r"[0-9a-f]{16,}")
_IDENTIFIERS = {"id", "form_id", "fragment_id", "element_id"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that came until the script had finished."""

    frames: Sequence[bytes]
    messages: Sequence[ForwardMsg] = field(repr=False)

    def says(self, word: str) -> bool:
        """Whether the word is anywhere in it, whatever carries it."""
        return any(word.encode() in frame for frame in self.frames)

    @property
    def texts(self) -> set[str]:
        """What the elements say: labels, text, addresses of pictures; without what is made up for each session."""
        found = {text for element in self.elements for text in _texts(element)}
        return {_CHANGING.sub("#", text) for text in found}

    @property
    def elements(self) -> list[Message]:
        """What was drawn."""
        deltas = [message.delta for message in self.messages if message.WhichOneof("type") == "delta"]
        return [delta.new_element for delta in deltas if delta.WhichOneof("type") == "new_element"]

    @property
    def session_id(self) -> str:
        """What Streamlit calls this tab."""
        begun = [message.new_session for message in self.messages if message.WhichOneof("type") == "new_session"]
        return str(begun[0].initialize.session_id)

    @property
    def refreshing(self) -> list[str]:
        """The ids of the parts that the page wants refreshed by a timer."""
        timers = [message.auto_rerun for message in self.messages if message.WhichOneof("type") == "auto_rerun"]
        return [timer.fragment_id for timer in timers]

    @property
    def fragments(self) -> list[str]:
        """The ids of the parts that can be asked for by themselves, in the page's order."""
        drawn = [message.delta.fragment_id for message in self.messages if message.WhichOneof("type") == "delta"]
        return [fragment_id for fragment_id in dict.fromkeys(drawn) if fragment_id]

    def fragment_of(self, widget: Any) -> str:
        """The id of the part in which a button or an entry was drawn."""
        (found,) = {
            message.delta.fragment_id
            for message in self.messages
            if message.WhichOneof("type") == "delta" and widget in _inside(message.delta.new_element)
        }
        return str(found)

    def widget(self, kind: str, label: str) -> Any:
        """The widget of that kind (`button`, `text_input`) whose label ends so."""
        drawn = [getattr(element, kind) for element in self.elements if element.WhichOneof("type") == kind]
        (found,) = {widget.id: widget for widget in drawn if widget.label.endswith(label)}.values()
        return found


class Visitor:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._page = ""
        self._query = ""

    def refresh(self, fragments: Sequence[str]) -> list[Answer]:
        """What the timers of these parts ask for."""
        return [self.send(fragment=fragment, is_timer=True) for fragment in fragments]

    def open(self, page: str, query: str = "", *, script_hash: str = "") -> Answer:
        """Ask for a page by the path of its address, and by the hash of its file, as the frontend may."""
        self.turn_to(page, query)
        return self.send(script_hash=script_hash)

    def turn_to(self, page: str, query: str = "") -> None:
        """Ask for another page, or for another part of it, from the next message on."""
        self._page, self._query = page, query

    def press(self, button: str, *, fragment: str = "", **others: str) -> Answer:
        """Press a button; `others` are the ids of lines of text and what is typed there."""
        pressed = WidgetState(id=button, trigger_value=True)
        typed = [WidgetState(id=name, string_value=value) for name, value in others.items()]
        return self.send(widgets=[*typed, pressed], fragment=fragment)

    def send(
        self,
        *,
        widgets: Sequence[WidgetState] = (),
        fragment: str = "",
        is_timer: bool = False,
        script_hash: str = "",
    ) -> Answer:
        """Ask for the page that is open, or for a fragment of it, and wait until all of it is there."""
        self.ask(widgets, fragment=fragment, is_timer=is_timer, script_hash=script_hash)
        frames = list(self._until_finished())
        return Answer(frames, [ForwardMsg.FromString(frame) for frame in frames])

    def press_in_strange_part(self, button: str, *, fragment: str) -> Answer:
        """Press a button in a part that this tab may not have, which nothing answers; what the page says after it."""
        self.ask([WidgetState(id=button, trigger_value=True)], fragment=fragment)
        return self.send()

    def ask(
        self, widgets: Sequence[WidgetState], *, fragment: str = "", is_timer: bool = False, script_hash: str = ""
    ) -> None:
        """Ask for the same, and wait for nothing."""
        message = BackMsg()
        asked = message.rerun_script
        asked.page_name, asked.query_string, asked.page_script_hash = self._page, self._query, script_hash
        asked.fragment_id, asked.is_auto_rerun = fragment, is_timer
        asked.widget_states.widgets.extend(widgets)
        self._socket.send(message.SerializeToString())

    def ask_for_file(self, file_id: str, *, session_id: str) -> str:
        """What a download button asks for that makes its file when it is pressed: the file's address, or nothing."""
        message = BackMsg()
        asked = message.backend_operation_request
        asked.session_id, asked.deferred_file.file_id = session_id, file_id
        self._socket.send(message.SerializeToString())
        while True:
            frame = self.receive_raw()
            assert isinstance(frame, bytes)
            answer = ForwardMsg.FromString(frame)
            if answer.WhichOneof("type") == "backend_operation_response":
                return str(answer.backend_operation_response.deferred_file.url)

    def send_raw(self, data: bytes | str) -> None:
        """Send anything at all."""
        self._socket.send(data)

    def receive_raw(self) -> bytes | str:
        """Wait for the next frame. Raises ConnectionClosed."""
        return self._socket.recv(_PATIENCE_SECONDS)

    def _until_finished(self) -> Iterator[bytes]:
        while True:
            frame = self._socket.recv(_PATIENCE_SECONDS)
            assert isinstance(frame, bytes)
            yield frame
            message = ForwardMsg.FromString(frame)
            if message.WhichOneof("type") == "script_finished" and message.script_finished != _NOT_YET:
                return


@contextmanager
def visiting(url: str, cookie: str | None = None, *, session_id: str = "") -> Iterator[Visitor]:
    """Connect as a page of the site does, with a cookie or without; `session_id` takes up an earlier connection."""
    with connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        origin=url,
        additional_headers={"Cookie": f"{session_cookie_name()}={cookie}"} if cookie is not None else {},
        subprotocols=[Subprotocol(name) for name in ("streamlit", "no-token", session_id) if name],
        max_size=None,
        compression=None,
    ) as socket:
        yield Visitor(socket)


def _inside(element: Message) -> list[Any]:
    return [value for _, value in element.ListFields()]


def _texts(message: Message) -> Iterator[str]:
    for descriptor, value in message.ListFields():
        if descriptor.name in _IDENTIFIERS:
            continue
        for one in value if descriptor.is_repeated and not isinstance(value, dict) else [value]:
            if isinstance(one, Message):
                yield from _texts(one)
            elif isinstance(one, str):
                yield one
