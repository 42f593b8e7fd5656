"""From a row with a sealed secret to what an operation goes by; or the reason why not, as a run would say it."""

import base64
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from lib.errors import SecretUnreadable
from lib.integrations.base import FailureKind, OpenConnection, OperationFailed
from lib.secrets.vault import unseal

#: What the secret of a connection is sealed for.
SECRET_PURPOSE: Final = "integration_connections.encrypted_secret"  # noqa: S105 - no secret: what one is for


def secret_purpose(kind: str, target: str) -> str:
    """What a secret is sealed for: for another kind or target nothing opens it, wherever somebody copies it to."""
    return f"{SECRET_PURPOSE}:{kind}:{target}"


def open_integration(found: Mapping[str, Any] | None, *, slug: str, kind: str) -> OpenConnection:
    """The connection with its secret, of what `api.find_integration` says. Raises `OperationFailed`."""
    if found is None:
        message = f"There is no integration “{slug}” any more. Set it up again, or change the template."
        raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED)
    if found["kind"] != kind:
        message = f"The integration “{found['name']}” is for {found['kind']}, and not for {kind}."
        raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED)
    if not found["is_active"]:
        message = f"The integration “{found['name']}” is deactivated. Ask an admin to activate it."
        raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED)
    try:
        secret = unseal(
            base64.b64decode(found["encrypted_secret"]),
            organization_id=UUID(found["organization_id"]),
            purpose=secret_purpose(kind, found["target"]),
        )
    except SecretUnreadable as error:
        raise OperationFailed(error.message, kind=FailureKind.NOT_CONFIGURED) from error
    settings = {name: str(value) for name, value in found["settings"].items()}
    return OpenConnection(name=found["name"], target=found["target"], settings=settings, secret=secret)
