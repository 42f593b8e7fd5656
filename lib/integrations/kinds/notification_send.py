"""`notification.send`: a message to people, through apprise.

apprise calls by itself, past our own client: so only services whose messages go to a host of their own name are let
through, and redirects are not followed. What an address says is judged as apprise has read it, never as we would: of
that we hand on what names the channel, by a list for each service, and refuse an address that says anything else, such
as a template, which apprise would open as a file or fetch from anywhere.
"""

import asyncio
import importlib
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, cast

from pydantic import Field

from lib.errors import InvalidInput
from lib.integrations.base import (
    RENDERED,
    ConnectionForm,
    FailureKind,
    Occasion,
    OpenConnection,
    OperationFailed,
    Parameters,
    Performed,
    SettingField,
    Slug,
)

MAX_BODY: Final = 20_000
SEND_SECONDS: Final = 60.0
#: Names by which a message would call everybody in a channel: a model's text is not to.
_CALLS: Final = re.compile(r"(@)(?=everyone\b|here\b|channel\b|all\b)|(<)(?=[!@#])")
_FIELD: Final = "Address of the channel"
_NO_CHANNEL: Final = "This is no address of a channel in Slack, Discord, Telegram or Microsoft Teams."
_STATUS: Final = re.compile(r"error=(\d{3})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    label: str
    #: Of apprise, which loads a hundred others where it is asked for any.
    module: str
    plugin: str
    #: What of the address reaches apprise's class, by its names there: what says which channel it is.
    arguments: frozenset[str]
    #: What an address may say behind a “?”, apprise's own additions among it.
    options: frozenset[str] = frozenset()
    #: Of the arguments, one that has to be there.
    needs: str = ""
    #: Where the address itself names the host: what that has to be.
    hosts: re.Pattern[str] | None = None
    where: str = ""


_SERVICES: Final = (
    _Service(
        label="Slack",
        module="slack",
        plugin="NotifySlack",
        arguments=frozenset({"access_token", "token_a", "token_b", "token_c", "targets", "workflow_path", "mode"}),
        options=frozenset({"mode"}),
    ),
    _Service(
        label="Discord",
        module="discord",
        plugin="NotifyDiscord",
        arguments=frozenset({"webhook_id", "webhook_token"}),
    ),
    _Service(
        label="Telegram",
        module="telegram",
        plugin="NotifyTelegram",
        arguments=frozenset({"bot_token", "targets"}),
        needs="targets",  # without one apprise writes to whoever has written to the bot last
    ),
    _Service(
        label="Microsoft Teams",
        module="workflows",
        plugin="NotifyWorkflows",
        arguments=frozenset({"host", "workflow", "signature", "power_automate", "routing_id", "version"}),
        options=frozenset({"api-version", "sp", "sv", "sig", "pa"}),
        hosts=re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}(?:logic\.azure|api\.powerplatform)\.com", re.IGNORECASE),
        where="….logic.azure.com or ….api.powerplatform.com",
    ),
)


class NotificationParameters(Parameters):
    """The message."""

    connection: Annotated[Slug, Field(title="Connection", description="Where it is sent to.")]
    title: Annotated[str, RENDERED, Field(title="Title", max_length=1_000)] = "{{ run.title }}"
    body: Annotated[
        str,
        RENDERED,
        Field(title="Message", min_length=1, json_schema_extra={"lines": 5}),
    ] = "{{ answer | truncate(1000) }}\n\n{{ run.url }}"


class NotificationSend:
    """Sends a message."""

    name: ClassVar[str] = "notification.send"
    label: ClassVar[str] = "Send a message"
    help: ClassVar[str] = "Tells people in Slack, Microsoft Teams, Discord or Telegram."
    icon: ClassVar[str] = ":material/chat:"
    parameters: ClassVar[type[Parameters]] = NotificationParameters
    connection: ClassVar[ConnectionForm | None] = ConnectionForm(
        label="Messages",
        sealed=SettingField(
            name="secret",
            label=_FIELD,
            example="https://hooks.slack.com/services/…",
            help="The webhook's address as Slack, Teams or Discord shows it, or one as apprise writes it.",
        ),
    )

    def is_outside(self, params: Parameters) -> bool:
        del params
        return True

    def check(self, params: Parameters) -> None:
        wanted = cast("NotificationParameters", params)
        if not wanted.body.strip() or len(wanted.body) > MAX_BODY:
            message = f"The message is empty, or longer than {MAX_BODY:,} characters."
            raise OperationFailed(message, kind=FailureKind.INVALID)

    def check_connection(self, target: str, settings: Mapping[str, str], secret: str | None) -> str:
        del settings
        return target if secret is None else _open(secret)[0]

    def describe(self, params: Parameters, *, target: str = "") -> str:
        wanted = cast("NotificationParameters", params)
        return f"Send “{wanted.title.strip() or 'a message'}” by {target or 'the connection'} {wanted.connection}"

    async def perform(self, params: Parameters, connection: OpenConnection | None, occasion: Occasion) -> Performed:
        del occasion
        wanted = cast("NotificationParameters", params)
        if connection is None:
            message = "The message has no connection to go by."
            raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED)
        try:
            label, service = await asyncio.to_thread(_open, connection.secret)
        except InvalidInput as error:
            raise OperationFailed(error.message, kind=FailureKind.NOT_CONFIGURED) from None
        try:
            async with asyncio.timeout(SEND_SECONDS):
                is_taken, status = await asyncio.to_thread(_send, service, wanted)
        except TimeoutError:
            message = f"{label} did not take the message in {SEND_SECONDS:.0f} s."
            raise OperationFailed(message, kind=FailureKind.TIMEOUT, is_retryable=True) from None
        if not is_taken:
            is_later = status is None or status in {408, 425, 429} or status >= 500
            message = f"{label} did not take the message" + (f": it answered {status}." if status else ".")
            kind = FailureKind.BUSY if is_later else FailureKind.STATUS
            raise OperationFailed(message, kind=kind, is_retryable=is_later, status=status)
        return Performed(result={"service": label}, status=200)

    async def test(self, connection: OpenConnection, *, allowed_hosts: frozenset[str]) -> None:
        del connection, allowed_hosts


def _open(address: str) -> tuple[str, Any]:
    """The service's name, and apprise's own object for it. Raises `InvalidInput`, which does not repeat the address."""
    for known in _SERVICES:
        plugin, said = _parse(known, address.strip())
        if not said:
            continue
        # “+”, “-” and “:” before a name make headers, and what is filled into a template
        if not set(said["qsd"]) <= known.options or said["qsd+"] or said["qsd-"] or said["qsd:"]:
            message = "Leave out what follows “?” in the address of the channel."
            raise InvalidInput(message, field=_FIELD)
        if said.get("user") or said.get("password") or (known.needs and not said.get(known.needs)):
            raise InvalidInput(_NO_CHANNEL, field=_FIELD)
        if known.hosts and not (known.hosts.fullmatch(str(said["host"])) and said.get("port") in {None, 443}):
            message = f"{known.label} is reached at {known.where} only."
            raise InvalidInput(message, field=_FIELD)
        return known.label, _make(plugin, {name: said[name] for name in known.arguments & said.keys()})
    raise InvalidInput(_NO_CHANNEL, field=_FIELD)


def _parse(known: _Service, address: str) -> tuple[Any, dict[str, Any] | None]:
    """Apprise's class, and what it reads in the address; None where that is not one of its service."""
    plugin = getattr(_load(f"plugins.{known.module}"), known.plugin)
    protocols = plugin.secure_protocol if isinstance(plugin.secure_protocol, tuple) else (plugin.secure_protocol,)
    try:
        if address.lower().startswith(tuple(f"{protocol}://" for protocol in protocols)):
            return plugin, plugin.parse_url(address)
        return plugin, plugin.parse_native_url(address)
    except (ValueError, TypeError, AttributeError, LookupError):
        return plugin, None


def _load(module: str) -> Any:
    """A module of apprise. What it logs repeats addresses, so it is for nobody: not for the root's handlers either."""
    found = importlib.import_module(f"apprise.{module}")
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:  # Python would write to stderr by itself what no handler takes
        logger.addHandler(logging.NullHandler())
    return found


def _make(plugin: Any, channel: Mapping[str, Any]) -> Any:
    try:
        service = plugin(**channel, asset=_load("asset").AppriseAsset(http_redirects=False))
    except (TypeError, ValueError):  # apprise's own error is one of these
        raise InvalidInput(_NO_CHANNEL, field=_FIELD) from None
    if service.redirects or not service.verify_certificate or getattr(service, "template", None):
        raise InvalidInput(_NO_CHANNEL, field=_FIELD)
    return service


def _send(service: Any, wanted: NotificationParameters) -> tuple[bool, int | None]:
    """Whether it was taken, and the HTTP status that it was refused with, as far as apprise's log tells."""
    with _listening() as said:
        is_taken = service.notify(body=_quiet(wanted.body), title=_quiet(wanted.title.strip()), body_format="text")
    statuses = _STATUS.findall(" ".join(said))
    return bool(is_taken), int(statuses[-1]) if statuses and not is_taken else None


def _quiet(text: str) -> str:
    """The text with a sign that nobody sees in what would call a whole channel."""
    return _CALLS.sub(lambda found: f"{found[0]}\u2060", text)


class _listening(logging.Handler):  # noqa: N801 - used like a function
    """What apprise's log says of this thread's call, and to nobody else: its lines may hold addresses."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._said.append(record.getMessage())

    def __enter__(self) -> list[str]:
        logging.getLogger("apprise").addHandler(self)
        return self._said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


KIND: Final = NotificationSend()
