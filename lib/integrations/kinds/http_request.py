"""`http.request`: a call to an address of the organization's choice, which reaches the outside and nothing of ours."""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, ClassVar, Final, Literal, Self, cast
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

from pydantic import Field, JsonValue, model_validator

from lib.config import get_settings
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
from lib.integrations.calling import CALL_SECONDS, KEPT_BYTES, Answer, call, refuse_status
from lib.quoting import cut

MAX_BODY_BYTES: Final = 4_000_000
_SCHEMES: Final = ("https://", "http://")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
#: What the client writes itself, and what would carry a secret that belongs into a connection.
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "keep-alive"}
    | {"idempotency-key", "authorization", "proxy-authorization", "cookie", "x-api-key", "x-forwarded-for"}
)
#: In a path: what one receiver takes for a part of a name, and another for a way out of the folder.
_READ_TWICE: Final = (";", "%3b", "\\", "%5c", "%25")
_TEXTUAL: Final = ("text/", "application/json", "application/xml", "application/problem+json")


class HttpParameters(Parameters):
    """The request."""

    method: Annotated[Literal["POST", "PUT", "PATCH", "DELETE", "GET"], Field(title="Method")] = "POST"
    url: Annotated[str, RENDERED, Field(title="Address", min_length=1, max_length=2_000)]
    connection: Annotated[
        Slug | None, Field(title="Connection", description="Whose secret goes along; its address has to fit.")
    ] = None
    headers: Annotated[
        dict[str, str], RENDERED, Field(title="Headers", description="One a line, as Name: value.", max_length=30)
    ] = Field(default_factory=dict)
    #: Texts in it are rendered one by one, so that no answer can end a string that it stands in.
    json_body: Annotated[
        JsonValue,
        RENDERED,
        Field(title="JSON", description="Each text in it may read {{ answer }}.", json_schema_extra={"lines": 6}),
    ] = None
    body: Annotated[
        str | None, RENDERED, Field(title="Text", description="In place of JSON.", json_schema_extra={"lines": 4})
    ] = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.json_body is not None and self.body is not None:
            message = "send either JSON or a text, not both"
            raise ValueError(message)
        if self.method == "GET" and (self.json_body is not None or self.body is not None):
            message = "a GET sends no body"
            raise ValueError(message)
        for name in self.headers:
            if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
                message = f"“{name[:60]}” can't be a header here; what is secret belongs into a connection"
                raise ValueError(message)
        return self

    def find_hopeless(self) -> Iterator[str]:
        """An address that is none, as far as that is written out."""
        begin, braces, _ = self.url.lower().partition("{")
        may_begin_so = any(scheme.startswith(begin) or begin.startswith(scheme) for scheme in _SCHEMES)
        if not may_begin_so or (not braces and not _is_address(self.url)):
            yield f"url: “{cut(self.url)}” is no web address; it should look like https://api.example.com/items"

    @property
    def content(self) -> bytes | None:
        """What is sent."""
        if self.json_body is not None:
            return json.dumps(self.json_body, ensure_ascii=False).encode()
        return None if self.body is None else self.body.encode()


class HttpRequest:
    """Calls an address."""

    name: ClassVar[str] = "http.request"
    label: ClassVar[str] = "Call an address"
    help: ClassVar[str] = "Sends the answer to another system by HTTP."
    icon: ClassVar[str] = ":material/webhook:"
    parameters: ClassVar[type[Parameters]] = HttpParameters
    connection: ClassVar[ConnectionForm | None] = ConnectionForm(
        label="HTTP service",
        target_label="Base address",
        target_example="https://api.example.com/v2",
        target_help="The secret is sent to addresses that begin with this one, and to no others.",
        settings=(
            SettingField(
                name="header",
                label="Header",
                example="Authorization",
                help="In which the secret goes along; empty is Authorization.",
            ),
        ),
        sealed=SettingField(name="secret", label="Secret", example="Bearer …", help="The whole value of the header."),
        is_testable=True,
    )

    def is_outside(self, params: Parameters) -> bool:
        del params
        return True

    def check(self, params: Parameters) -> None:
        wanted = cast("HttpParameters", params)
        _split(wanted.url)
        for name, value in wanted.headers.items():
            if not all(" " <= letter <= "~" or letter == "\t" for letter in value) or len(value) > 4_000:
                message = f"The header {name} holds a character that no header can, or is too long."
                raise OperationFailed(message, kind=FailureKind.INVALID)
        if len(wanted.content or b"") > MAX_BODY_BYTES:
            message = f"The body is longer than {MAX_BODY_BYTES // 1000:,} kB."
            raise OperationFailed(message, kind=FailureKind.INVALID)

    def check_connection(self, target: str, settings: Mapping[str, str], secret: str | None) -> str:
        from lib.http.safe import refuse_unsafe_url  # noqa: PLC0415 - 0.2 s that only who edits one waits for

        header = settings.get("header") or "Authorization"
        if not _TOKEN.fullmatch(header) or header.lower() in _OURS - {"authorization", "x-api-key"}:
            message = f"“{header[:60]}” can't be the header of a secret."
            raise InvalidInput(message, field="Header")
        if secret is not None and not all(" " <= letter <= "~" for letter in secret):
            message = "This is no value of a header: it has line ends, or letters that no header has. Copy it again."
            raise InvalidInput(message, field="Secret")
        return refuse_unsafe_url(target, allowed_hosts=get_settings().allowed_hosts, field="Base address")

    def describe(self, params: Parameters, *, target: str = "") -> str:
        del target
        wanted = cast("HttpParameters", params)
        size = len(wanted.content or b"")
        return f"{wanted.method} {wanted.url}" + (f" with {size:,} bytes" if size else "")

    async def perform(self, params: Parameters, connection: OpenConnection | None, occasion: Occasion) -> Performed:
        wanted = cast("HttpParameters", params)
        host = _split(wanted.url)
        headers = _headers(wanted) | {"idempotency-key": str(occasion.idempotency_key)}
        if connection is not None:
            headers |= _secret_header(connection, wanted.url)
        spellings = _spellings(connection.secret) if connection else ()
        answer = await call(
            wanted.method,
            wanted.url,
            headers=headers,
            content=wanted.content,
            allowed_hosts=occasion.allowed_hosts,
            more_bytes=max(map(len, spellings), default=0),
        )
        refuse_status(answer, host)
        return Performed(result={"status": answer.status, **_kept(answer, spellings)}, status=answer.status)

    async def test(self, connection: OpenConnection, *, allowed_hosts: frozenset[str]) -> None:
        headers = _secret_header(connection, connection.target)
        answer = await call(
            "HEAD", connection.target, headers=headers, content=None, allowed_hosts=allowed_hosts, seconds=CALL_SECONDS
        )
        if answer.status in {401, 403}:  # whatever else it says of its base address: it is there, and knows the secret
            refuse_status(answer, urlsplit(connection.target).hostname or "")


def _split(url: str) -> str:
    """The host. Raises `OperationFailed` for what is no address."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    is_plain = all("!" <= letter <= "~" or letter > "\x9f" for letter in url) and not any(map(str.isspace, url))
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or not is_plain:
        message = f"“{url[:80]}” is no web address. It should look like https://api.example.com/items."
        raise OperationFailed(message, kind=FailureKind.INVALID)
    return parts.hostname


def _is_address(url: str) -> bool:
    with suppress(OperationFailed):
        return bool(_split(url))
    return False


def _headers(wanted: HttpParameters) -> dict[str, str]:
    """Ours and the template's, by names in small letters: a header is the same one however it is written."""
    ours = {"user-agent": "ai-orchestrator"}
    if wanted.json_body is not None:
        ours["content-type"] = "application/json"
    elif wanted.body is not None:
        ours["content-type"] = "text/plain; charset=utf-8"
    return ours | {name.lower(): value for name, value in wanted.headers.items()}


def _secret_header(connection: OpenConnection, url: str) -> dict[str, str]:
    """The secret, for an address below that of its connection. Raises `OperationFailed` for any other."""
    base, wanted = urlsplit(connection.target), urlsplit(url)
    path = base.path.rstrip("/")
    is_below = wanted.path.rstrip("/") == path or wanted.path.startswith(f"{path}/")
    # a dot segment, encoded or not, leads out of the base where the receiver resolves it
    has_dots = any(
        part in {".", ".."} for part in wanted.path.lower().replace("%2e", ".").replace("%2f", "/").split("/")
    )
    if (base.scheme, base.netloc.lower()) != (wanted.scheme, wanted.netloc.lower()) or not is_below or has_dots:
        where = urlunsplit((base.scheme, base.netloc, path, "", ""))
        message = f"The connection “{connection.name}” is for addresses below {where}; its secret goes nowhere else."
        raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED)
    below = wanted.path[len(path) :].lower()
    if found := [sign for sign in _READ_TWICE if sign in below]:
        message = (
            f"The secret of the connection “{connection.name}” is not sent to an address with “{found[0]}” in its "
            "path: receivers differ in where that leads."
        )
        raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED)
    return {(connection.settings.get("header") or "Authorization").lower(): connection.secret}


def _spellings(secret: str) -> tuple[bytes, ...]:
    """How an answer may repeat a secret: whole, without its scheme, the halves of Basic; as such, in JSON, in URLs."""
    word = secret.rpartition(" ")[2]
    parts = {secret, word}
    if secret.lower().startswith("basic "):
        with suppress(ValueError):
            pair = base64.b64decode(word, validate=True).decode()
            parts |= {pair, pair.partition(":")[2]}
    escapes = (
        str,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape,
        quote,
        quote_plus,
        lambda text: quote(text, ""),
    )
    found = {escape(part).encode() for part in parts if len(part) > 3 for escape in escapes}
    return tuple(sorted(found, key=len, reverse=True))


def _kept(answer: Answer, spellings: Sequence[bytes]) -> dict[str, object]:
    """The answer's text as far as it is kept; a receiver that repeats the secret gets it taken out.

    It is taken out before the text is cut, and by as many signs as it has: otherwise a half of it would stay.
    """
    kind = answer.headers.get("content-type", "")
    if not answer.body or not kind.lower().startswith(_TEXTUAL):
        return {"content_type": kind[:100]} if kind else {}
    body = answer.body.replace(b"\x00", b"?")
    for secret in spellings:
        body = body.replace(secret, b"\x00" * len(secret))
    text = re.sub("\x00+", "…", body[:KEPT_BYTES].decode("utf-8", "replace"))
    is_cut = answer.is_cut or len(body) > KEPT_BYTES
    return {"content_type": kind[:100], "response": text, "is_cut": is_cut}


KIND: Final = HttpRequest()
