"""Where the files of exports lie."""

from typing import Final

from lib.exports import ExportFormat
from lib.shelf.shelves import Shelves

EXPORTS: Final = Shelves(
    noun="export",
    folder_name="exports",
    prefix="exports",
    endings=frozenset(f".{file_format}" for file_format in ExportFormat),
    remedy="Ask for the file anew.",
)
