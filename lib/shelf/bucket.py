"""Files in a bucket of S3, or of what speaks as S3 does.

The address is the operator's, so obstore's own client calls it; its key and region are those of the environment
(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT, and what else obstore reads there).
"""

import os
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from lib.errors import OrchestratorError
from lib.shelf.shelves import Shelves
from lib.shelf.store import Store

_CHUNK: Final = 8 << 20


class BucketFailed(OrchestratorError):
    """The bucket can't be read or written; says why."""

    def __init__(self, error: BaseError, shelves: Shelves) -> None:
        why = " ".join(str(error).split("\n", maxsplit=1)[0].split())[:300]
        super().__init__(f"The bucket for {shelves.noun}s does not do it: {why}. Ask whoever runs this installation.")


class Bucket:
    """`s3://bucket/prefix`."""

    store = Store.S3

    def __init__(self, url: str, shelves: Shelves) -> None:
        self._shelves = shelves
        parts = urlsplit(url)
        prefix = "/".join(filter(None, (parts.path.strip("/"), shelves.prefix)))
        # over http:// only where the environment names such an endpoint itself
        is_plain = os.environ.get("AWS_ENDPOINT", os.environ.get("AWS_ENDPOINT_URL", "")).startswith("http://")
        options = cast("Any", {"allow_http": True} if is_plain else {})
        self._store = S3Store(parts.netloc, prefix=prefix or None, client_options=options)

    def put(self, path: Path, name: str) -> None:
        """Send it, in parts, and see that all of it has come."""
        try:
            with path.open("rb") as file:
                obstore.put(self._store, name, file, chunk_size=_CHUNK, max_concurrency=2)
            size = obstore.head(self._store, name)["size"]
        except BaseError as error:
            raise BucketFailed(error, self._shelves) from error
        if size != path.stat().st_size:
            message = f"The bucket for {self._shelves.noun}s has {size:,} bytes of {path.stat().st_size:,}. Try again."
            raise OrchestratorError(message)

    def remove(self, name: str) -> None:
        """Remove it; one that is gone is removed."""
        try:
            obstore.delete(self._store, name)
        except NotFoundError:
            return
        except BaseError as error:
            raise BucketFailed(error, self._shelves) from error

    def fetch(self, name: str, beside: Path, /) -> Path:
        """Copy it to that folder."""
        path = beside / Path(name).name
        try:
            with path.open("wb") as file:
                for chunk in obstore.get(self._store, name).stream(min_chunk_size=_CHUNK):
                    file.write(bytes(chunk))
        except (NotFoundError, FileNotFoundError):
            raise self._shelves.gone(name) from None
        except BaseError as error:
            raise BucketFailed(error, self._shelves) from error
        return path

    def list_names(self, beginning: str) -> list[str]:
        """Names that begin so. S3 lists folders, so the last part is looked at here."""
        folder, _, start = beginning.rpartition("/")
        try:
            found = [meta["path"] for page in obstore.list(self._store, prefix=folder or None) for meta in page]
        except BaseError as error:
            raise BucketFailed(error, self._shelves) from error
        return [name for name in found if name.rpartition("/")[2].startswith(start)]
