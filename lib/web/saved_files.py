"""How files are sent that are to be saved and never shown: a browser makes no page of ours of them."""

from typing import Final

from starlette.responses import PlainTextResponse, Response

HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


def say(text: str, status: int) -> Response:
    """Why there is no file."""
    return PlainTextResponse(text, status_code=status, headers=HEADERS)
