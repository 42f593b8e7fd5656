"""What every request to the web process passes, outermost first."""

from starlette.middleware import Middleware

from lib.config import get_settings
from lib.identity.cookie import is_secure
from lib.web.closed import ClosedPaths
from lib.web.deep_paths import DeepPaths
from lib.web.headers import SecurityHeaders, security_headers
from lib.web.origin import SameOriginWebSockets
from lib.web.uploads import SignedInUploads


def middleware() -> list[Middleware]:
    """The middleware that Home.py hands to Streamlit's app, which runs before Streamlit's own."""
    return [
        Middleware(SecurityHeaders, headers=security_headers(is_https=is_secure())),
        Middleware(ClosedPaths),
        Middleware(SignedInUploads, public_url=get_settings().public_url),
        Middleware(DeepPaths),
        Middleware(SameOriginWebSockets, public_url=get_settings().public_url),
    ]
