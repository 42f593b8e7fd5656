"""Secrets of endpoints, and the headers that say who sent a payload: https://www.standardwebhooks.com."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from standardwebhooks import Webhook

from lib.secrets.vault import seal, unseal

#: What a sealed secret is bound to, beside its organization.
PURPOSE: Final = "webhook"
_SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"


def make_secret() -> str:
    """A new secret, as its owner enters it on the other side: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def seal_secret(secret: str, *, organization_id: UUID) -> str:
    """The secret as `webhooks.secret_key` keeps it: for this organization, in base64."""
    return base64.b64encode(seal(secret, organization_id=organization_id, purpose=PURPOSE)).decode()


def open_secret(sealed: str, *, organization_id: UUID) -> str:
    """The secret again. Raises `SecretUnreadable`."""
    return unseal(base64.b64decode(sealed), organization_id=organization_id, purpose=PURPOSE)


def sign(event_id: UUID, body: str, *, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of one attempt, with a signature by each of the secrets: receivers take any that fits."""
    moment = at.astimezone(UTC)
    return {
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(str(event_id), moment, body) for key in keys),
    }
