"""The HTTP client for addresses that people of an organization name: it reaches the outside, and nothing of ours.

A name is looked up once, every address that it has is judged (drawbridge's ranges and what they leave out), and the
connection goes to the address that was judged: there is no second look-up for a name server to answer otherwise.
TLS still asks for the name. Redirects are answers like others, a proxy of the environment is not used, and hosts that
the operator names in ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS are let through.

drawbridge is pinned exactly: what it calls its validator is private. Its own transport opens a connection a request.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpcore2
import httpx2
from drawbridge import BlockedAddressError, DrawbridgeDNSError, Policy
from drawbridge._validator import resolve_and_validate, resolve_and_validate_sync

from lib.errors import InvalidInput

Network = IPv4Network | IPv6Network

#: Where models and webhooks answer. Others, such as those of mail and databases, only where the operator says so.
PORTS: Final = frozenset({80, 443, 8000, 8080, 8443})

#: What drawbridge leaves out: the clouds' own services, and old ways to write an IPv4 address inside an IPv6 one.
_MORE_BLOCKED: Final = tuple(
    map(ip_network, ("168.63.129.16/32", "::/96", "::ffff:0:0:0/96", "fec0::/10", "3fff::/20", "5f00::/16"))
)

#: Names for private networks only, the clouds' own services among them (RFC 6761, RFC 6762, RFC 8375, and .internal).
_NEVER_OUTSIDE: Final = (".internal", ".local", ".localhost", ".home.arpa")

_OURS = (
    "“{host}” is not called: its address belongs to this machine or to a private network. Whoever runs this "
    "installation can let it through by ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS."
)
_PORT = (
    "Port {port} is not called. Use one of {ports}, or ask whoever runs this installation to add “{host}:{port}” to "
    "ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS."
)


class AddressRefused(httpx2.ConnectError):
    """The address is not one that may be called. The message may be shown: it names the host and no address."""


class AllowedHosts:
    """What the operator lets through: hosts, `host:port`, and networks."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._names: set[str] = set()
        self.networks: set[Network] = set()
        for entry in filter(None, (entry.strip().lower() for entry in entries)):
            try:
                self.networks.add(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self._names.add(entry)

    def names(self, host: str, port: int) -> bool:
        """Whether the host is let through by its name, at this port."""
        host = host.lower().rstrip(".")
        bracketed = f"[{host}]" if ":" in host else host
        return host in self._names or f"{bracketed}:{port}" in self._names

    def has(self, address: str) -> bool:
        """Whether the address lies in a network that is let through."""
        return any(ip_address(address) in network for network in self.networks)


class Judged(NamedTuple):
    """An address that would be called."""

    url: str
    #: Whether its name is known to name servers, as far as anybody has asked; if not, a call to it fails.
    is_known: bool


def refuse_unsafe_url(url: str, *, allowed_hosts: Iterable[str], field: str) -> str:
    """The address, below which others lie, if a call to it would be let through. Raises `InvalidInput`.

    It has no slash at its end. A name that is not known (yet) passes: the call will say so.
    """
    return judge_url(url, allowed_hosts=allowed_hosts, field=field).url.rstrip("/")


def judge_url(url: str, *, allowed_hosts: Iterable[str], field: str, is_whole: bool = False) -> Judged:
    """The same for any address; one that `is_whole` is called as it stands, with what follows its “?”."""
    parts, port = _split(url.strip(), field, is_whole=is_whole)
    if parts.fragment or (parts.query and not is_whole):
        message = f"Leave out what follows {'“#”' if is_whole else '“?” or “#”'} in the address."
        raise InvalidInput(message, field=field)
    host, allowed = parts.hostname or "", AllowedHosts(allowed_hosts)
    address = host
    if not allowed.names(host, port):
        try:
            address = resolve_and_validate_sync(host, port, _policy(port, allowed))
        except DrawbridgeDNSError:
            if host.rstrip(".").endswith(_NEVER_OUTSIDE):
                raise InvalidInput(_OURS.format(host=host), field=field) from None
            address = ""
        except BlockedAddressError:
            raise InvalidInput(_OURS.format(host=host), field=field) from None
        try:
            _judge_port(host, port, address, allowed)
        except AddressRefused as error:
            raise InvalidInput(str(error), field=field) from None
        if parts.scheme == "http" and not (address and allowed.has(address)):
            message = f"“{host}” has to be called by https://: otherwise everybody on the way could read what is sent."
            raise InvalidInput(message, field=field)
    return Judged(url.strip(), bool(address))


def make_safe_client(allowed_hosts: Iterable[str], *, connect_seconds: float, **manners: Any) -> httpx2.AsyncClient:
    """A client that raises `AddressRefused` for what it may not reach. But for connecting, callers set time-outs.

    `manners` are more of what httpx2's client takes, such as cookies and hooks.
    """
    return httpx2.AsyncClient(
        transport=_SafeTransport(AllowedHosts(allowed_hosts)),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=connect_seconds),
        **manners,
    )


class _SafeTransport(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a pool whose connections begin with a judged address.

    Connections are kept by name, so that none that was opened for one host is used for another at the same address.
    """

    def __init__(self, allowed: AllowedHosts) -> None:
        super().__init__(trust_env=False)
        if not isinstance(self._pool, httpcore2.AsyncConnectionPool):
            message = "httpx2 keeps its pool elsewhere by now: the safe client would be none"
            raise TypeError(message)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=None,
            max_keepalive_connections=20,
            network_backend=_JudgingBackend(allowed),
        )


class _JudgingBackend(httpcore2.AsyncNetworkBackend):
    """Opens sockets to judged addresses."""

    def __init__(self, allowed: AllowedHosts) -> None:
        self._allowed = allowed
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the host at the address that was judged. Raises `AddressRefused`."""
        address = host if self._allowed.names(host, port) else await self._find(host, port)
        return await self._inner.connect_tcp(
            address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def sleep(self, seconds: float) -> None:
        """As the pool asks."""
        await self._inner.sleep(seconds)

    async def _find(self, host: str, port: int) -> str:
        try:
            address = await resolve_and_validate(host, port, _policy(port, self._allowed))
        except DrawbridgeDNSError as error:
            raise httpcore2.ConnectError(f"name resolution: {host}") from error
        except BlockedAddressError:
            raise AddressRefused(_OURS.format(host=host)) from None
        _judge_port(host, port, address, self._allowed)
        return address


def _policy(port: int, allowed: AllowedHosts) -> Policy:
    return Policy(
        allow_ports=frozenset({port}),  # judged by us, after the address is known
        ip_allowlist=frozenset(allowed.networks),
        ip_blocklist=frozenset(_MORE_BLOCKED),
    )


def _judge_port(host: str, port: int, address: str, allowed: AllowedHosts) -> None:
    if port not in PORTS and not (address and allowed.has(address)):
        raise AddressRefused(_PORT.format(host=host, port=port, ports=", ".join(map(str, sorted(PORTS)))))


def _split(url: str, field: str, *, is_whole: bool) -> tuple[SplitResult, int]:
    """The parts of an address and its port, or `InvalidInput`."""
    example = "hooks.example.com/orchestrator" if is_whole else "api.example.com/v1"
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(letter.isspace() for letter in url):
        message = f"“{url[:80]}” is no web address. It should look like https://{example}."
        raise InvalidInput(message, field=field)
    if "@" in parts.netloc:
        more = "" if is_whole else " A key has a field of its own."
        message = f"Leave name and password out of the address.{more}"
        raise InvalidInput(message, field=field)
    return parts, port
