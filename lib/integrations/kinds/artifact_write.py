"""`artifact.write`: a file of the answer, in the installation's artifact folder or in a bucket."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, cast
from urllib.parse import urlsplit

from pydantic import Field

from lib.config import get_settings
from lib.errors import InvalidInput
from lib.integrations.base import (
    RENDERED,
    ConnectionForm,
    FailureKind,
    Occasion,
    OpenConnection,
    OperationFailed,
    Parameters,
    Performed,
    SettingField,
    Slug,
)
from lib.integrations.buckets import check_bucket, list_bucket, put_object
from lib.integrations.folder import artifact_folder, write_artifact
from lib.integrations.paths import check_path

MAX_BYTES: Final = 4_000_000
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z0-9-]{1,50}")


class ArtifactParameters(Parameters):
    """What is written, and where."""

    path: Annotated[
        str,
        RENDERED,
        Field(
            title="File",
            description="Name of the file, with folders before it if you like. It stands in a folder of its run.",
            max_length=1_000,
            min_length=1,
        ),
    ] = "answer.md"
    content: Annotated[
        str,
        RENDERED,
        Field(
            title="Content",
            description="{{ answer }} is this phase's, {{ answers }} all so far, {{ answers_json }} all as JSON.",
            json_schema_extra={"lines": 4},
        ),
    ] = "{{ answer }}"
    connection: Annotated[
        Slug | None,
        Field(title="Connection", description="A bucket of yours. Without one it is kept here, to be downloaded."),
    ] = None


class ArtifactWrite:
    """Writes a file."""

    name: ClassVar[str] = "artifact.write"
    label: ClassVar[str] = "Write a file"
    help: ClassVar[str] = "Keeps the answer as a file, here or in a bucket."
    icon: ClassVar[str] = ":material/description:"
    parameters: ClassVar[type[Parameters]] = ArtifactParameters
    connection: ClassVar[ConnectionForm | None] = ConnectionForm(
        label="Bucket (S3)",
        target_label="Bucket",
        target_example="https://s3.eu-central-1.amazonaws.com/our-reports",
        target_help="Address of the storage, then the bucket's name.",
        settings=(
            SettingField(name="region", label="Region", example="eu-central-1", is_required=True),
            SettingField(name="access_key_id", label="Access key ID", example="AKIA…", is_required=True),
            SettingField(name="prefix", label="Folder", example="orchestrator", help="Put before every name."),
        ),
        sealed=SettingField(
            name="secret",
            label="Secret access key",
            help="It needs to be allowed to put objects into the bucket, and to list and read them.",
        ),
        is_testable=True,
    )

    def is_outside(self, params: Parameters) -> bool:
        return params.connection_slug is not None

    def check(self, params: Parameters) -> None:
        wanted = cast("ArtifactParameters", params)
        check_path(wanted.path)
        if (size := len(wanted.content.encode())) > MAX_BYTES:
            message = f"The file would have {size // 1000:,} kB; {MAX_BYTES // 1000:,} kB is the most."
            raise OperationFailed(message, kind=FailureKind.INVALID)

    def check_connection(self, target: str, settings: Mapping[str, str], secret: str | None) -> str:
        del secret
        if not _REGION.fullmatch(settings.get("region", "")):
            message = "Enter the region as your storage names it, such as eu-central-1."
            raise InvalidInput(message, field="Region")
        if prefix := settings.get("prefix"):
            try:
                check_path(prefix)
            except OperationFailed as error:
                raise InvalidInput(error.message, field="Folder") from None
        return check_bucket(target, _BUCKET, allowed_hosts=get_settings().allowed_hosts)

    def describe(self, params: Parameters, *, target: str = "") -> str:
        wanted = cast("ArtifactParameters", params)
        size = len(wanted.content.encode())
        where = f"into {target or 'a bucket'}" if wanted.connection else "to be downloaded from the run's page"
        return f"Write “{wanted.path}” ({size:,} bytes) {where}"

    async def perform(self, params: Parameters, connection: OpenConnection | None, occasion: Occasion) -> Performed:
        wanted = cast("ArtifactParameters", params)
        path, content = check_path(wanted.path), wanted.content.encode()
        told = {"path": str(path), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        if connection is not None:
            key, status = await put_object(connection, path, content, occasion)
            host = urlsplit(connection.target).netloc
            return Performed(result={**told, "place": "bucket", "host": host, "key": key}, status=status)
        place = (occasion.organization_id, occasion.run_id, occasion.operation_id)
        await asyncio.to_thread(lambda: write_artifact(artifact_folder(), place, path, content))
        return Performed(result={**told, "place": "folder"})

    async def test(self, connection: OpenConnection, *, allowed_hosts: frozenset[str]) -> None:
        await list_bucket(connection, allowed_hosts=allowed_hosts)


KIND: Final = ArtifactWrite()
