"""A browser's side of Streamlit's websocket, without drawing: what is asked, what comes back, how many bytes it is."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.sync.client import connect

from lib.ui.navigation import PageEntry


@dataclass(frozen=True, slots=True)
class Answered:
    """What one run of a script, or of a fragment, came to on the websocket."""

    milliseconds: float
    received_bytes: int
    text: str


class BrowserTab:
    """A page that somebody has open. It keeps large elements, as Streamlit's frontend does, and says which it has."""

    def __init__(self, url: str, page: PageEntry, *, cookie: str, **parameters: object) -> None:
        self._query = urlencode(parameters)
        self._page_hash = calc_hash(page.url_path)
        self._kept: set[str] = set()
        #: Fragments that refresh by themselves -> seconds between two refreshes.
        self.refreshing: dict[str, float] = {}
        self._socket = connect(
            f"ws://{urlsplit(url).netloc}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item] # a Subprotocol is a str
            additional_headers={"Cookie": cookie},
            origin=url,  # type: ignore[arg-type] # an Origin is a str
            compression=None,
            max_size=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def run(self) -> Answered:
        """Run the page's whole script, as at opening it and at a click."""
        self.refreshing.clear()
        return self._ask(ClientState())

    def refresh(self, fragment_id: str) -> Answered:
        """What the page does by itself while it shows something live."""
        return self._ask(ClientState(fragment_id=fragment_id, is_auto_rerun=True))

    def _ask(self, state: ClientState) -> Answered:
        state.query_string = self._query
        state.page_script_hash = self._page_hash
        state.cached_message_hashes.extend(self._kept)
        began = time.perf_counter()
        self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        received, texts = 0, []
        while True:
            raw = self._socket.recv()
            assert isinstance(raw, bytes)
            received += len(raw)
            message = ForwardMsg.FromString(raw)
            self._take(message)
            texts.append(str(message.delta.new_element) if message.HasField("delta") else "")
            if message.WhichOneof("type") == "script_finished":
                return Answered(1000 * (time.perf_counter() - began), received, "\n".join(texts))

    def _take(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._kept.add(message.hash)
        if message.HasField("auto_rerun"):
            self.refreshing[message.auto_rerun.fragment_id] = message.auto_rerun.interval
