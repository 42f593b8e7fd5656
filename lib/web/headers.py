"""Security headers on every answer, the content security policy among them."""

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ONE_YEAR_SECONDS = 365 * 86400
#: The messages of an ASGI app that carry the headers of its answer.
_BEGINNINGS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}
#: Streamlit lets every page of this machine read its answers; nobody else's page has any business with ours.
_FOR_OTHER_SITES = "access-control-"

#: What Streamlit's own page needs and no more; tests/browser/test_shell.py drives every component under it. A script
#: from blob: is how Streamlit runs that of a component (lib/ui/sign_in.py has one); styles come from everywhere in it.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' {script_hashes} blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


class SecurityHeaders:
    """ASGI middleware that writes `headers` over whatever an answer says, also where the app below it breaks.

    An answer is one to a websocket too: its opening, and its refusal, which without us would go out bare.
    """

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[str, str]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and see its answer out."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        has_answered = False
        refusal = PlainTextResponse("This connection is refused.", status_code=403)

        async def send_with_headers(message: Message) -> None:
            nonlocal has_answered
            if message["type"] in _BEGINNINGS:
                has_answered = True
                self._write(message)
            elif message["type"] == "websocket.close" and not has_answered and _can_refuse_in_words(scope):
                await refusal(scope, receive, send_with_headers)
                return
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # Starlette answers outside of every middleware of ours, where nothing would add the headers.
            if not has_answered and scope["type"] == "http":
                answer = PlainTextResponse("Something went wrong on our side.", status_code=500)
                await answer(scope, receive, send_with_headers)
            raise

    def _write(self, message: Message) -> None:
        message.setdefault("headers", [])
        answer = MutableHeaders(raw=message["headers"])
        for name in [name for name in answer if name.startswith(_FOR_OTHER_SITES)]:
            del answer[name]
        for name, value in self._headers:
            answer[name] = value
        message["headers"] = answer.raw


def _can_refuse_in_words(scope: Scope) -> bool:
    """Whether the server knows the extension: https://asgi.readthedocs.io/en/latest/extensions.html."""
    return "websocket.http.response" in (scope.get("extensions") or {})


def security_headers(*, is_https: bool) -> list[tuple[str, str]]:
    """The headers of every answer; `is_https` where people reach the dashboard by https only."""
    headers = [
        ("content-security-policy", content_security_policy(_streamlit_page())),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ]
    if is_https:
        headers.append(("strict-transport-security", f"max-age={_ONE_YEAR_SECONDS}"))
    return headers


def content_security_policy(page: str) -> str:
    """The policy under which `page`, an HTML document, may run the inline scripts that it has now and no others.

    The hashes are computed and not written down, so that a new Streamlit works.
    """
    scripts = (match.encode() for match in _INLINE_SCRIPT.findall(page))
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    return "; ".join(f"{name} {value.format(script_hashes=hashes)}" for name, value in _POLICY.items())


def _streamlit_page() -> str:
    package = find_spec("streamlit")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(name="streamlit")
    return (Path(package.origin).parent / "static" / "index.html").read_text(encoding="utf-8")
