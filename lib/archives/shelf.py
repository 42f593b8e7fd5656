"""Where the files of archives lie."""

from pathlib import Path
from typing import Final

from lib.shelf.shelves import Shelves

ARCHIVES: Final = Shelves(
    noun="archive",
    folder_name="archives",
    endings=frozenset({".zip"}),
    remedy="Ask whoever runs this installation; a copy of the file can be restored by "
    "`orchestrator archives restore FILE`.",
)


def archive_folder() -> Path:
    """Where archives lie in the data folder, made when it is missing."""
    return ARCHIVES.folder()


def find_archive_folder() -> Path | None:
    """The same where it is there already: who only looks makes none."""
    return ARCHIVES.find_folder()
