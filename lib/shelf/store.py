from enum import StrEnum


class Store(StrEnum):
    """Where a file lies."""

    #: In the data folder.
    LOCAL = "local"
    S3 = "s3"
