"""Too much of something, and what is no message at all: refused, and the process goes on."""

import socket
from urllib.parse import urlsplit

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.outside.conftest import Site
from tests.outside.visitor import visiting


def _assert_alive(site: Site) -> None:
    assert httpx2.get(f"{site.url}/healthz").text == "ok"
    with visiting(site.url) as visitor:
        assert "Sign in" in visitor.open("").texts


def test_giant_headers_are_refused(site: Site) -> None:
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
        try:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
            for _ in range(64):
                connection.sendall(b"x" * 65536)
            connection.sendall(b"\r\n\r\n")
            begin = connection.recv(64)
        except OSError:
            begin = b""  # closed while we were still sending
    assert b" 200 " not in begin
    _assert_alive(site)


@pytest.mark.parametrize("megabytes", [11, 40])
def test_giant_message_ends_its_connection(site: Site, megabytes: int) -> None:
    with visiting(site.url) as visitor, pytest.raises(ConnectionClosed):  # noqa: PT012 either may find it closed
        visitor.send_raw(b"\0" * megabytes * 1_000_000)
        visitor.receive_raw()
    _assert_alive(site)


@pytest.mark.parametrize("nonsense", [b"\xff" * 100, "text", b"\x82"])
def test_what_is_no_message_ends_its_connection_without_a_word(site: Site, nonsense: bytes | str) -> None:
    with visiting(site.url) as visitor, pytest.raises(ConnectionClosed) as closed:  # noqa: PT012 as above
        visitor.send_raw(nonsense)
        visitor.receive_raw()
    assert "Traceback" not in str(closed.value)
    _assert_alive(site)


def test_endless_body_is_not_read(site: Site) -> None:
    try:
        answer = httpx2.post(f"{site.url}/api/session", content=b"x" * 20_000_000, headers={"origin": site.url})
    except httpx2.TransportError:
        pass  # answered and closed while we were still sending
    else:
        assert answer.status_code == 413
    _assert_alive(site)
