"""Backups as they lie in a folder, without what is in them."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from lib import clock
from lib.backup.manifest import DUMP, MANIFEST, FileSum, Manifest

INSTALLATION = UUID("00000000-0000-7000-8000-000000000001")


def put_backup(folder: Path, *, hours_ago: float, seconds: float | None = 4.2) -> Path:
    """A backup of five megabytes, made that long ago."""
    moment = clock.now() - timedelta(hours=hours_ago)
    made = folder / f"backup-{moment:%Y%m%dT%H%M%S}Z"
    made.mkdir(parents=True)
    manifest = Manifest(
        version="0.1.0",
        made_at=moment,
        installation_id=INSTALLATION,
        schema_revision="0001",
        postgres=180006,
        pg_dump=18,
        key_fingerprints=("0",),
        tables={},
        files={DUMP: FileSum(bytes=5_000_000, sha256="0")},
        seconds=seconds,
    )
    (made / MANIFEST).write_text(manifest.to_text())
    return made
