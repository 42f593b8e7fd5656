"""What people of an organization name is looked up once, judged, and called at the address that was judged."""

import asyncio
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2
import pytest

from lib.errors import InvalidInput
from lib.http.safe import AddressRefused, Judged, judge_url, make_safe_client, refuse_unsafe_url
from tests import network

#: Every way to write an address of this machine, of a private network, or of a cloud's own services.
OURS = [
    "127.0.0.1",
    "127.9.8.7",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # carriers' NAT
    "169.254.169.254",  # metadata of most clouds
    "168.63.129.16",  # Azure's own
    "100.100.100.200",  # Alibaba's metadata
    "192.0.0.192",  # Oracle's metadata
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",  # metadata of AWS by IPv6
    "[fec0::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",  # IPv4-compatible
    "[::ffff:0:127.0.0.1]",  # IPv4-translated
    "[64:ff9b::7f00:1]",  # NAT64
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",  # 6to4
    "[2001:0:7f00:1::]",  # Teredo
    "[ff02::1]",
]
#: What resolvers make of numbers that are no dotted quads.
NUMBERS = ["2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "0"]
PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name -> what the name server answers, one answer after the other, the last one for ever."""
    known: dict[str, list[list[str]]] = {}
    really = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        host = host.decode() if isinstance(host, bytes) else host
        if host not in known:
            if host.rstrip(".").endswith((".example", ".internal", ".local", ".localhost")):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return really(host, port, *arguments, **options)
        found = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


@pytest.fixture
def numbers_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number in any spelling is no question to the outside, which the tests' guard can't know."""
    monkeypatch.setattr(network, "_is_here", lambda host: True)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append((self.client_address[1], self.headers["Host"]))  # type: ignore[attr-defined] # noted by us
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.seen = []  # type: ignore[attr-defined] # noted by us
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def get(*urls: str, allowed: tuple[str, ...] = ()) -> list[httpx2.Response]:
    async def ask() -> list[httpx2.Response]:
        async with make_safe_client(allowed, connect_seconds=5) as client:
            return [await client.get(url) for url in urls]

    return asyncio.run(ask())


def check(url: str, *, allowed: tuple[str, ...] = ()) -> str:
    return refuse_unsafe_url(url, allowed_hosts=allowed, field="Base URL")


@pytest.mark.parametrize("host", OURS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_our_own_addresses_are_not_called(host: str, scheme: str) -> None:
    with pytest.raises(AddressRefused, match="ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"):
        get(f"{scheme}://{host}/v1/models")


@pytest.mark.parametrize("host", OURS)
def test_our_own_addresses_are_refused_in_a_form(host: str) -> None:
    with pytest.raises(InvalidInput, match="ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS") as told:
        check(f"https://{host}/v1")
    assert told.value.field == "Base URL"


@pytest.mark.parametrize("host", NUMBERS)
def test_numbers_in_other_spellings_are_judged_as_what_they_become(host: str, numbers_are_looked_up: None) -> None:
    with pytest.raises((AddressRefused, httpx2.InvalidURL)):  # httpx2 takes no octal ones
        get(f"https://{host}/")
    with pytest.raises(InvalidInput):
        check(f"https://{host}/")


@pytest.mark.parametrize("address", [host.strip("[]") for host in OURS])
def test_name_that_leads_to_us_is_not_called(names: dict[str, list[list[str]]], address: str) -> None:
    names["inner.example"] = [[address]]
    with pytest.raises(AddressRefused, match=r"inner\.example") as told:
        get("https://inner.example/")
    assert address not in str(told.value)  # nobody learns our addresses by asking
    with pytest.raises(InvalidInput):
        check("https://inner.example/")


@pytest.mark.parametrize("answer", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"]])
def test_one_address_of_ours_among_others_is_enough(names: dict[str, list[list[str]]], answer: list[str]) -> None:
    names["mixed.example"] = [answer]
    with pytest.raises(AddressRefused):
        get("https://mixed.example/")


def test_name_is_looked_up_once_and_called_at_that_address(
    names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    called: list[str] = []

    async def note(_: object, host: str, port: int, **options: object) -> None:
        called.append(host)
        raise httpx2.ConnectError("nobody there")

    monkeypatch.setattr("httpcore2.AnyIOBackend.connect_tcp", note)
    with pytest.raises(httpx2.ConnectError, match="nobody there"):
        get("https://rebinding.example/")
    assert called == [PUBLIC]
    with pytest.raises(AddressRefused):  # the next connection is judged anew
        get("https://rebinding.example/")
    assert called == [PUBLIC]


def test_form_accepts_what_the_call_still_refuses(names: dict[str, list[list[str]]]) -> None:
    names["turning.example"] = [[PUBLIC], ["10.0.0.1"]]
    assert check("https://turning.example/v1/") == "https://turning.example/v1"
    with pytest.raises(AddressRefused):
        get("https://turning.example/v1/models")


def test_redirect_is_an_answer_and_not_followed(server: ThreadingHTTPServer) -> None:
    host = f"127.0.0.1:{server.server_port}"
    (reply,) = get(f"http://{host}/away", allowed=(host,))
    assert reply.status_code == 302


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:{port}", "127.0.0.0/8", " 127.0.0.1/32 "])
def test_operator_lets_a_host_through(server: ThreadingHTTPServer, allowed: str) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    entry = allowed.format(port=server.server_port)
    assert check(f"{url}/v1/", allowed=(entry,)) == f"{url}/v1"
    assert [reply.status_code for reply in get(f"{url}/", allowed=(entry,))] == [200]


@pytest.mark.parametrize("allowed", ["127.0.0.1:1", "127.0.0.2", "10.0.0.0/8", "localhost", "127.0.0.1.example", ""])
def test_what_is_let_through_is_that_host_and_no_other(server: ThreadingHTTPServer, allowed: str) -> None:
    with pytest.raises(AddressRefused):
        get(f"http://127.0.0.1:{server.server_port}/", allowed=(allowed,))
    assert server.seen == []  # type: ignore[attr-defined] # noted by us


def test_named_host_is_let_through_wherever_it_leads(
    server: ThreadingHTTPServer, names: dict[str, list[list[str]]]
) -> None:
    names["llm.example"] = [["127.0.0.1"]]
    url = f"http://llm.example:{server.server_port}/"
    with pytest.raises(AddressRefused):
        get(url)
    assert [reply.status_code for reply in get(url, allowed=("LLM.example",))] == [200]
    assert server.seen[-1][1] == f"llm.example:{server.server_port}"  # type: ignore[attr-defined] # noted by us


def test_connection_is_kept_for_its_host(server: ThreadingHTTPServer, names: dict[str, list[list[str]]]) -> None:
    names["one.example"] = names["other.example"] = [["127.0.0.1"]]
    port = server.server_port
    get(
        f"http://one.example:{port}/",
        f"http://one.example:{port}/",
        f"http://other.example:{port}/",
        allowed=("127.0.0.0/8",),
    )
    first, second, third = (socket_of for socket_of, _ in server.seen)  # type: ignore[attr-defined] # noted by us
    assert first == second != third


@pytest.mark.parametrize("port", [22, 25, 5432, 6379])
def test_ports_of_mail_and_databases_are_not_called(names: dict[str, list[list[str]]], port: int) -> None:
    names["public.example"] = [[PUBLIC]]
    with pytest.raises(AddressRefused, match=f"Port {port}"):
        get(f"https://public.example:{port}/")
    with pytest.raises(InvalidInput, match=f"public.example:{port}"):
        check(f"https://public.example:{port}/")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://public.example/", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("public.example/v1", "no web address"),
        ("https://", "no web address"),
        ("https://public.example:99999/", "no web address"),
        ("https://public.example/ v1", "no web address"),
        ("https://somebody:secret@public.example/", "name and password"),
        ("https://public.example@127.0.0.1/", "name and password"),
        ("https://public.example/?key=1", "what follows"),
        ("https://public.example/#v1", "what follows"),
        ("http://public.example/v1", "https://"),
    ],
)
def test_what_is_no_address_to_call_says_why(names: dict[str, list[list[str]]], url: str, why: str) -> None:
    names["public.example"] = [[PUBLIC]]
    with pytest.raises(InvalidInput, match=why):
        check(url)


def test_port_of_an_unknown_name_is_judged_in_a_form(names: dict[str, list[list[str]]]) -> None:
    with pytest.raises(InvalidInput, match="22"):
        refuse_unsafe_url("https://llm.nowhere.example:22/v1", allowed_hosts=(), field="Base URL")


@pytest.mark.parametrize("host", ["metadata.google.internal", "metadata.google.internal.", "nas.local", "x.localhost"])
def test_unknown_name_that_is_nowhere_outside_is_refused_in_a_form(
    names: dict[str, list[list[str]]], host: str
) -> None:
    with pytest.raises(InvalidInput, match="private network"):
        check(f"https://{host}/")
    assert check(f"https://{host}", allowed=(host.rstrip("."),)) == f"https://{host}"


def test_whole_address_is_kept_as_it_is_and_says_whether_it_is_known(names: dict[str, list[list[str]]]) -> None:
    names["public.example"] = [[PUBLIC]]

    def judge(url: str) -> Judged:
        return judge_url(url, allowed_hosts=(), field="Address", is_whole=True)

    assert judge("https://public.example/a/?key=1") == ("https://public.example/a/?key=1", True)
    assert judge("https://nobody.example/") == ("https://nobody.example/", False)
    with pytest.raises(InvalidInput, match=r"It should look like https://hooks\.example\.com/orchestrator\."):
        judge("hooks")
    with pytest.raises(InvalidInput, match=r"out of the address\.$"):
        judge("https://somebody:secret@public.example/")


def test_unknown_name_passes_a_form_and_fails_a_call(names: dict[str, list[list[str]]]) -> None:
    assert check("https://nobody.example/v1") == "https://nobody.example/v1"
    with pytest.raises(httpx2.ConnectError, match="name resolution") as told:
        get("https://nobody.example/v1")
    assert not isinstance(told.value, AddressRefused)


def test_proxy_of_the_environment_is_not_used(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, names: dict[str, list[list[str]]]
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    names["inner.example"] = [["10.0.0.1"]]
    with pytest.raises(AddressRefused):
        get("http://inner.example/")
    assert server.seen == []  # type: ignore[attr-defined] # noted by us
