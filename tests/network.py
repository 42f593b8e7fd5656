"""Sockets of the tests lead to this machine only."""

import ipaddress
import sys
from contextlib import suppress
from typing import Any

#: What was refused since somebody cleared it.
refused: list[str] = []
_watching = False


class OutsideRefused(RuntimeError):
    """No OSError, which code under test may rightly take for a network that is down."""


def watch() -> None:
    """Refuse from now on; an audit hook can't be taken back, and no socket of Python's gets round it."""
    global _watching  # noqa: PLW0603 - once a process
    if not _watching:
        sys.addaudithook(_look)
        _watching = True


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is this machine's
        is_allowed = _is_here(host)
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
        is_allowed = _is_here(host) or _number(host) is not None  # a number is not looked up anywhere
    else:
        return
    if not is_allowed:
        refused.append(f"{event} {host}")
        raise OutsideRefused(f"Tests talk to this machine only, not to {host}. Start a server on 127.0.0.1.")


def _is_here(host: str | bytes | None) -> bool:
    if not host or host in {"localhost", b"localhost"}:
        return True
    number = _number(host)
    return number is not None and (number.is_loopback or number.is_unspecified)


def _number(host: str | bytes | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    with suppress(ValueError):
        return ipaddress.ip_address(text.partition("%")[0])
    return None
