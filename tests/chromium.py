"""The browser of tests and benchmarks: the machine's own, without windows."""

import shutil
from typing import Final

from playwright.sync_api import Browser, Playwright

#: The first is the same browser without what windows need, and a fifth cheaper to run.
NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",  # a container has none to offer
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--js-flags=--no-opt --no-maglev --always-sparkplug",  # no page lives long enough to be worth a better compiler
)


def launch(playwright: Playwright) -> Browser | None:
    """A browser, or None where the machine has none. Whoever asks closes it."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    return playwright.chromium.launch(executable_path=path, args=list(_QUIET)) if path else None
