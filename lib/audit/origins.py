"""Where something in the trail came from, in a word."""

from lib.access.actor import COMMAND_LINE, ENGINE
from lib.days import NOTHING


def say_origin(address: str | None, user_agent: str | None) -> str:
    """The address; without one, who it is that has none."""
    agent = user_agent or ""
    if address:
        return address
    if agent == ENGINE:
        return "a worker"
    return "command line" if agent.startswith(COMMAND_LINE) else NOTHING
