"""`orchestrator up`, `web` and `worker`: what runs until it is told to stop."""

import os
import socket
from typing import Annotated

import typer

from lib.cli.interrupting import ended_by_ctrl_c
from lib.config import Settings, get_settings
from lib.db import server
from lib.db.logins import Login
from lib.installation import prepare_database
from lib.processes import follow_parent
from lib.serving import local_url, open_listener, serve

HostOption = Annotated[str | None, typer.Option(help="Address to listen on, instead of ORCHESTRATOR_HOST.")]
PortOption = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Port to listen on, instead of ORCHESTRATOR_PORT; 0 takes a free one."),
]
SupervisedOption = Annotated[bool, typer.Option("--supervised", hidden=True)]


def add_to(app: typer.Typer) -> None:
    """Put them at the top: `orchestrator up`."""
    for command in (up, web, worker):
        app.command()(command)


def up(
    *,
    host: HostOption = None,
    port: PortOption = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 1,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show what the processes log, instead of keeping it.")
    ] = False,
) -> None:
    """Serve the dashboard: database, worker and web process, until Ctrl-C. Where it runs already, say where."""
    settings = _settings(host, port)
    server.require_settings(Login.WEB, Login.IDENTITY, Login.WORKER, with_key=True)
    with ended_by_ctrl_c():
        from lib.supervisor import run_everything  # noqa: PLC0415 - the children, which come through here, don't need it

    run_everything(settings, workers=workers, is_verbose=verbose, say=typer.echo)


def web(
    *,
    host: HostOption = None,
    port: PortOption = None,
    supervised: SupervisedOption = False,
    descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the pages only. Needs the web and identity URLs, or the embedded database."""
    if supervised:
        serve(socket.socket(fileno=descriptor), when_loaded=follow_parent())
        return
    settings = _settings(host, port)
    server.require_settings(Login.WEB, Login.IDENTITY, with_key=True)
    listener = open_listener(settings)
    prepare_database(Login.WEB, Login.IDENTITY)
    server.keep_only(Login.WEB, Login.IDENTITY)
    url = settings.public_url or local_url(listener, settings)
    if link := _find_setup_link(url):
        typer.echo(f"It is empty yet. Open this link once, to make the first organization and yourself:\n  {link}")
    serve(listener, when_loaded=lambda: typer.echo(f"Serving {url}. Ctrl-C stops it."))


def _find_setup_link(url: str) -> str | None:
    from lib.identity.setup import make_setup_link  # noqa: PLC0415 - half a second that a supervised child doesn't need

    return make_setup_link(url)


def worker(*, supervised: SupervisedOption = False) -> None:
    """Walk the runs that are waiting. Needs the worker's URL, or the embedded database."""
    wait_for_go = follow_parent() if supervised else None
    server.require_settings(Login.WORKER, with_key=True)
    from lib.engine.worker import run_worker  # noqa: PLC0415 - a second of imports

    if wait_for_go is not None:
        wait_for_go()
    else:
        prepare_database(Login.WORKER)
        server.keep_only(Login.WORKER)
    run_worker(get_settings())


def _settings(host: str | None, port: int | None) -> Settings:
    """The settings with these instead, for this process and its children."""
    if host is not None:
        os.environ["ORCHESTRATOR_HOST"] = host
    if port is not None:
        os.environ["ORCHESTRATOR_PORT"] = str(port)
    get_settings.cache_clear()
    return get_settings()
