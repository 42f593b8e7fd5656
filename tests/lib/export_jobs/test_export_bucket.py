"""Long files in a bucket: beneath the archives, taken from there, and gone from there."""

from pathlib import Path

from lib.export_jobs.service import remove_export
from lib.models.export_job import ExportStatus
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.archives.test_bucket import bucket
from tests.made_exports import ask, newest, stored, taken, work

__all__ = ["bucket"]


def test_file_lies_in_the_bucket_until_it_is_removed(bucket: Path, installation: Installation, cast: Cast) -> None:
    export_id = ask(cast.mona)
    work(installation)
    assert (newest(cast.mona).status, newest(cast.mona).failure) == (ExportStatus.MADE, None)
    (path,) = (each for each in bucket.rglob("*") if each.is_file())
    assert path.parent == bucket / "of" / "acme" / "exports" / str(cast.organization_a)
    assert stored() == [], "nothing of it is left here"
    assert taken(cast.mona, export_id) == path.read_bytes()
    remove_export(cast.mona, export_id)
    work(installation)
    assert not path.exists()
