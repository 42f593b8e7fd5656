"""The tiny local model, for tests that ask it for real."""

import os

import pytest

from lib.providers.local_process import find_weights

_IS_BUILD_MACHINE = os.environ.get("CI") == "true"
_MISSING = "the tiny local model is not installed: make run"

#: Skips a test where it is missing, except on the build machine: there the test runs and fails.
needs_local_model = pytest.mark.skipif(find_weights() is None and not _IS_BUILD_MACHINE, reason=_MISSING)


def has_local_model() -> bool:
    """Whether it is installed, for a test that does without; on the build machine, which says CI=true, it has to be."""
    if find_weights() is not None:
        return True
    if _IS_BUILD_MACHINE:
        pytest.fail(_MISSING)
    return False
