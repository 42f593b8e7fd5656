"""Objects in S3-compatible storage: obstore signs the address, and our own client calls it.

obstore's own client would look up the host's name by itself and so reach whatever it is told to. An object that is
there is never overwritten (If-None-Match); where an attempt before this one has written it, it holds the same.
"""

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit

from lib.errors import InvalidInput
from lib.integrations.base import FailureKind, Occasion, OpenConnection, OperationFailed
from lib.integrations.calling import Answer, call, refuse_status

_SIGNED_FOR = timedelta(minutes=5)


def check_bucket(target: str, bucket_name: re.Pattern[str], *, allowed_hosts: frozenset[str]) -> str:
    """Address and bucket as they are kept. Raises `InvalidInput`."""
    from lib.http.safe import refuse_unsafe_url  # noqa: PLC0415 - 0.2 s that only who edits a connection waits for

    checked = refuse_unsafe_url(target, allowed_hosts=allowed_hosts, field="Bucket")
    if not bucket_name.fullmatch(urlsplit(checked).path.lstrip("/")):
        message = "Enter the address of the storage and one bucket, such as https://s3.example.com/our-reports."
        raise InvalidInput(message, field="Bucket")
    return checked


async def put_object(
    connection: OpenConnection, path: PurePosixPath, content: bytes, occasion: Occasion
) -> tuple[str, int]:
    """Write the object; its key, and the storage's status. Raises `OperationFailed`."""
    key = str(PurePosixPath(connection.settings.get("prefix") or ".", path))
    host = urlsplit(connection.target).hostname or ""
    headers = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}
    answer = await _call(connection, "PUT", key, occasion.allowed_hosts, headers=headers, content=content)
    if answer.status != 412:
        refuse_status(answer, host)
        return key, answer.status
    there = await _call(connection, "GET", key, occasion.allowed_hosts)
    if there.status == 200 and _is_same(there, content):
        return key, there.status  # written by an attempt that nobody could record
    message = f"There is another “{key}” in that bucket already, and it is not overwritten. Choose another name."
    raise OperationFailed(message, kind=FailureKind.EXISTS, status=answer.status)


def _is_same(there: Answer, content: bytes) -> bool:
    """As far as an answer is kept, and in length."""
    length = there.headers.get("content-length")
    return (
        content.startswith(there.body)
        and (not there.is_cut or length == str(len(content)))
        and (there.is_cut or len(there.body) == len(content))
    )


async def list_bucket(connection: OpenConnection, *, allowed_hosts: frozenset[str]) -> None:
    """Raise `OperationFailed` where the storage does not let the key look into the bucket."""
    answer = await _call(connection, "GET", "", allowed_hosts)
    refuse_status(answer, urlsplit(connection.target).hostname or "")


async def _call(
    connection: OpenConnection,
    method: Literal["GET", "PUT"],
    key: str,
    allowed_hosts: frozenset[str],
    *,
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
) -> Answer:
    url = _sign(connection, method, key)
    return await call(method, url, headers=headers or {}, content=content, allowed_hosts=allowed_hosts)


def _sign(connection: OpenConnection, method: Literal["GET", "PUT"], key: str) -> str:
    """The address, signed by the connection's key alone. Raises `OperationFailed`.

    obstore reads what it is not told in the worker's own environment, its session token too: so it is told everything
    that it would sign by, and what comes out is looked at.
    """
    import obstore  # noqa: PLC0415 - loaded by who writes to a bucket
    from obstore.store import S3Store  # noqa: PLC0415 - the same

    parts = urlsplit(connection.target)
    own = {
        "access_key_id": connection.settings["access_key_id"],
        "secret_access_key": connection.secret,
        "token": None,
        "expires_at": None,
    }
    store = S3Store(
        parts.path.lstrip("/"),
        endpoint=f"{parts.scheme}://{parts.netloc}",
        region=connection.settings["region"],
        credential_provider=cast("Any", lambda: own),
        virtual_hosted_style_request=False,
        s3_express=False,
        skip_signature=False,
        unsigned_payload=False,
        request_payer=False,
        client_options=cast("Any", {"allow_http": True}),  # the connection's own rules say where http:// may be used
    )
    url = str(obstore.sign(store, method, key, _SIGNED_FOR))
    signed = urlsplit(url)
    said = dict(parse_qsl(signed.query))
    is_ours = said.get("X-Amz-Credential", "").startswith(f"{own['access_key_id']}/")
    if signed.netloc != parts.netloc or not is_ours or "X-Amz-Security-Token" in said:
        message = (
            "The worker's environment has settings of its own for S3 (AWS_…) that get in the way. Ask the operator."
        )
        raise OperationFailed(message, kind=FailureKind.INTERNAL)
    return url
