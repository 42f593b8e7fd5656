"""The mail server, as ORCHESTRATOR_SMTP_URL names it.

    smtp://mail.example.com                        port 25; STARTTLS where the server offers it
    smtp://name:password@mail.example.com:587      STARTTLS, or nothing is sent: a password never travels in the open
    smtps://name:password@mail.example.com         TLS from the first byte; port 465

Certificates are checked. `?starttls=no` at the end sends in the open, for a server without a password.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from lib.errors import ConfigurationError

_PORTS: Final = {"smtps": 465, "smtp": 25}
_PORT_WITH_NAME: Final = 587
_EXAMPLE: Final = "smtp://name:password@mail.example.com:587"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mails are handed in, and how."""

    host: str
    port: int
    #: TLS from the first byte.
    is_tls: bool
    #: Ask for TLS where it is offered.
    wants_starttls: bool
    #: Send nothing without it.
    needs_starttls: bool
    user: str | None
    password: SecretStr | None


def read_smtp_url(url: SecretStr) -> SmtpServer:
    """The server that the URL names. Raises ConfigurationError, without saying the URL: a password stands in it."""
    try:
        parts = urlsplit(url.get_secret_value())
        port, host, options = parts.port, parts.hostname, parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise _wrong() from None
    starttls = options.pop("starttls", ["yes"])
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or options or starttls not in (["yes"], ["no"]):
        raise _wrong()
    is_tls, has_name = parts.scheme == "smtps", parts.username is not None
    wants = starttls == ["yes"] and not is_tls
    if has_name and not (is_tls or wants or _is_here(host)):
        raise ConfigurationError(
            "ORCHESTRATOR_SMTP_URL would send its password in the open: leave out starttls=no, or use smtps://."
        )
    return SmtpServer(
        host=host,
        port=port or (_PORT_WITH_NAME if has_name and not is_tls else _PORTS[parts.scheme]),
        is_tls=is_tls,
        wants_starttls=wants,
        needs_starttls=wants and has_name and not _is_here(host),
        user=unquote(parts.username) if parts.username is not None else None,
        password=SecretStr(unquote(parts.password or "")) if has_name else None,
    )


def _is_here(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong() -> ConfigurationError:
    return ConfigurationError(
        f"ORCHESTRATOR_SMTP_URL can't be read. It must look like {_EXAMPLE}, or smtps://…; signs like @ and / in name "
        "or password are written as %40 and %2F."
    )
