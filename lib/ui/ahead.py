"""What pages draw with is imported when the server starts, and not while somebody waits for their first page.

So it is also set aside from the garbage collector with all else (`lib.serving`): imported later, it would be looked
through in the middle of reruns, for up to a tenth of a second each time. And two first sessions import nothing at once.
"""

import importlib
import pkgutil

from lib.ui import components

#: All modules below lib.ui.components.
NAMES = tuple(each.name for each in pkgutil.walk_packages(components.__path__, f"{components.__name__}."))


def import_components() -> None:
    """Import all of them."""
    for name in NAMES:
        importlib.import_module(name)
