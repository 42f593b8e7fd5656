"""`notification.send`: a message to people, through apprise.

apprise calls by itself, past our own client: so only services whose messages go to a host of their own name are let
through, and redirects are not followed.
"""

import asyncio
import importlib
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, cast
from urllib.parse import parse_qsl, urlsplit

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


@dataclass(frozen=True, slots=True)
class _Service:
    label: str
    #: Of apprise, which loads a hundred others where it is asked for any.
    module: str
    plugin: str
    #: Where the address itself names the host: what that has to end with.
    host_endings: tuple[str, ...] = ()
    #: What may stand behind a “?”: elsewhere apprise reads files and pages that an address names there.
    options: frozenset[str] = frozenset()


_SERVICES: Final = (
    _Service("Slack", "slack", "NotifySlack"),
    _Service("Discord", "discord", "NotifyDiscord"),
    _Service("Telegram", "telegram", "NotifyTelegram"),
    _Service(
        "Microsoft Teams",
        "workflows",
        "NotifyWorkflows",
        (".logic.azure.com", ".api.powerplatform.com"),
        frozenset({"api-version", "sp", "sv", "sig"}),
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
        options = {name.lower() for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
        if not options <= known.options:
            message = "Leave out what follows “?” in the address of the channel."
            raise InvalidInput(message, field=_FIELD)
        if known.host_endings and not str(said.get("host")).lower().endswith(known.host_endings):
            message = f"{known.label} is reached at {' or '.join(f'…{end}' for end in known.host_endings)} only."
            raise InvalidInput(message, field=_FIELD)
        return known.label, _make(plugin, said)
    raise InvalidInput(_NO_CHANNEL, field=_FIELD)


def _parse(known: _Service, address: str) -> tuple[Any, dict[str, Any] | None]:
    """Apprise's class, and what it reads in the address; None where that is not one of its service."""
    plugin = getattr(importlib.import_module(f"apprise.plugins.{known.module}"), known.plugin)
    protocols = plugin.secure_protocol if isinstance(plugin.secure_protocol, tuple) else (plugin.secure_protocol,)
    try:
        if address.lower().startswith(tuple(f"{protocol}://" for protocol in protocols)):
            return plugin, plugin.parse_url(address)
        return plugin, plugin.parse_native_url(address)
    except (ValueError, TypeError, AttributeError):
        return plugin, None


def _make(plugin: Any, said: dict[str, Any]) -> Any:
    from apprise import AppriseAsset  # noqa: PLC0415 - 0.3 s that only who sends a message waits for

    try:
        service = plugin(**said | {"asset": AppriseAsset(http_redirects=False)})
    except (TypeError, ValueError):  # apprise's own error is one of these
        raise InvalidInput(_NO_CHANNEL, field=_FIELD) from None
    if service.redirects or not service.verify_certificate:
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
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.addHandler(self)
        return self._said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


KIND: Final = NotificationSend()
