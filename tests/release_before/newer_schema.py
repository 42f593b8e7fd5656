"""A plugin of pytest for the tests of the release before: their databases are clones of this release's.

It runs beside the other release's code, and imports nothing of this one's.
"""

import os

from tests import database

database.ensure_template = lambda _: os.environ["NEWER_TEMPLATE"]
