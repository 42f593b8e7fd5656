"""The vendors' packages, loaded when they are first needed, and by one thread at a time.

Their modules import one another in circles. Of two threads that load parts of a circle at the same time Python lets one
go on with a module that is not finished, so that they don't wait for each other for ever; and that one fails, by the
first name that is missing yet.
"""

import importlib
from collections.abc import Collection
from threading import Lock

_one_at_a_time = Lock()
_loaded = set[str]()


def is_loaded(modules: Collection[str]) -> bool:
    """Whether `load` has nothing to do. A module that another thread has begun with is not loaded."""
    return _loaded.issuperset(modules)


def load(modules: Collection[str]) -> None:
    """Have them in `sys.modules`, finished: what is imported of them from now on is there."""
    if is_loaded(modules):
        return
    with _one_at_a_time:
        for name in modules:
            importlib.import_module(name)
            _loaded.add(name)
