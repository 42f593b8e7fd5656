"""A browser's side of a page, without drawing: what is asked, what comes back, how many bytes it is."""

import gzip
import http.client
import json
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.sync.client import connect

from lib.ui.navigation import PageEntry

#: So that an answer is as long, and as much work, as for a browser.
_LIKE_CHROMIUM = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What one run of a script, or of a fragment, came to on the websocket."""

    milliseconds: float
    received_bytes: int
    text: str


class BrowserTab:
    """A page that somebody has open. It keeps large elements, as Streamlit's frontend does, and says which it has."""

    def __init__(self, url: str, page: PageEntry, /, *, cookie: str, **parameters: object) -> None:
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


class Watch:
    """What the script of a page that watches a run asks, on one connection, as lib/ui/components/writing.py does."""

    def __init__(self, url: str, run_id: UUID, attempt_id: UUID, *, cookie: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)
        self._path = f"/api/runs/{run_id}/look?"
        self._headers = {**_LIKE_CHROMIUM, "Cookie": cookie, "Referer": f"{url}/run?run={run_id}"}
        self._has: dict[str, Any] = {"attempt": attempt_id, "shape": "", "after": 0, "bytes": 0, "fence": ""}

    def look(self) -> Answered:
        """What the page asks once a second."""
        began = time.perf_counter()
        self._connection.request("GET", self._path + urlencode(self._has), headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took = 1000 * (time.perf_counter() - began)
        assert answer.status in {200, 204}, answer.status
        head = sum(len(name) + len(value) + len(": \r\n") for name, value in answer.getheaders())
        text = (gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body).decode()
        if text:
            self._take(json.loads(text))
        return Answered(took, head + len(body), text)

    def _take(self, seen: dict[str, Any]) -> None:
        self._has["shape"] = seen["shape"]
        if "drawn" in seen:
            self._has |= {name: seen["drawn"][name] for name in ("after", "fence", "bytes")}
