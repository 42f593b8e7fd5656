"""The web process: a socket to listen on, and uvicorn serving Home.py on it."""

import gc
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Final

from lib.config import ROOT, Settings, get_settings
from lib.errors import ConfigurationError

#: Open pages get this long to close when the server ends; they find a new one by themselves.
_GOODBYE_SECONDS: Final = 2
_EVERYWHERE: Final = {"127.0.0.1", "localhost", "::1", "0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on


def open_listener(settings: Settings) -> socket.socket:
    """Listen where the settings say. Raises ConfigurationError when another program does already."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"Can't listen on port {settings.port} of {settings.host}: {os.strerror(error.errno or 0).lower()}. "
            f"Choose another port, for example: orchestrator up --port {settings.port % 65535 + 1}"
        ) from error


def local_url(listener: socket.socket, settings: Settings) -> str:
    """Where a browser on this machine finds the listener."""
    host = "localhost" if settings.host in _EVERYWHERE else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def serve(listener: socket.socket, *, when_loaded: Callable[[], None]) -> None:
    """Serve Home.py until SIGTERM or Ctrl-C. `when_loaded` is called between its imports and the first request."""
    import uvicorn  # noqa: PLC0415 - the supervisor opens the listener and needs no server

    os.chdir(ROOT)  # Streamlit looks for .streamlit/config.toml here
    sys.path.insert(0, str(ROOT))
    settings = get_settings()
    os.environ.setdefault("STREAMLIT_LOGGER_LEVEL", settings.log_level.lower())
    config = uvicorn.Config(
        "Home:app",
        http="h11",  # the other parser of uvicorn takes headers without end
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level=settings.log_level.lower(),
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
    )
    gc.disable()  # nothing of all that is imported now will ever be garbage
    config.load()
    gc.freeze()
    gc.enable()
    logging.getLogger("uvicorn.access").disabled = True  # Streamlit, loaded just now, has turned it on again
    when_loaded()
    uvicorn.Server(config).run(sockets=[listener])
