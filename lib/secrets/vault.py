"""Sealing what the database keeps but must not be able to read: providers' keys, second factors, links in mails.

AES-256-GCM with a random nonce. The key is derived (HKDF-SHA256) from ORCHESTRATOR_SECRET_KEY and from nothing else.
What belongs to whom is bound in: a value sealed for one organization, or for one purpose, opens for no other, wherever
somebody copies it to. Source: https://csrc.nist.gov/pubs/sp/800/38/d/final, https://www.rfc-editor.org/rfc/rfc5869.

    key id, 4 bytes | nonce, 12 bytes | ciphertext and tag

The key id says which key sealed it, so that ORCHESTRATOR_PREVIOUS_SECRET_KEYS still open what the current one did not.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lib.data_folder import previous_secret_keys, secret_key
from lib.errors import SecretUnreadable

_ID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    cipher: AESGCM


def seal(plain: str, *, organization_id: UUID | None, purpose: str) -> bytes:
    """`plain`, sealed with the current key; the same words give other bytes each time.

    Without an organization it is the installation's own. Raises `ConfigurationError` where there is no key.
    """
    key = _derive(secret_key())
    nonce = os.urandom(_NONCE_BYTES)
    return key.id + nonce + key.cipher.encrypt(nonce, plain.encode(), _bound_to(organization_id, purpose))


def unseal(sealed: bytes, *, organization_id: UUID | None, purpose: str) -> str:
    """What was sealed for this organization and purpose, with the current key or one of the previous.

    Raises `SecretUnreadable` where no key of this installation opens it, or it is not what was sealed.
    """
    if len(sealed) < _ID_BYTES + _NONCE_BYTES + _TAG_BYTES:
        raise SecretUnreadable(SecretUnreadable.DAMAGED)
    key_id, nonce, ciphertext = (
        sealed[:_ID_BYTES],
        sealed[_ID_BYTES:][:_NONCE_BYTES],
        sealed[_ID_BYTES + _NONCE_BYTES :],
    )
    key = next((key for key in _keys() if key.id == key_id), None)
    if key is None:
        raise SecretUnreadable(SecretUnreadable.UNKNOWN_KEY)
    try:
        return key.cipher.decrypt(nonce, ciphertext, _bound_to(organization_id, purpose)).decode()
    except InvalidTag:
        raise SecretUnreadable(SecretUnreadable.DAMAGED) from None


def is_current(sealed: bytes) -> bool:
    """Whether it was sealed with the current key, so that the previous ones are not needed for it."""
    return sealed[:_ID_BYTES] == _derive(secret_key()).id


def _keys() -> Iterator[_Key]:
    yield _derive(secret_key())
    yield from map(_derive, previous_secret_keys())


@lru_cache(maxsize=16)
def _derive(secret: str) -> _Key:
    material = HKDF(SHA256(), length=32 + _ID_BYTES, salt=None, info=b"ai-orchestrator vault 1").derive(secret.encode())
    return _Key(material[32:], AESGCM(material[:32]))


def _bound_to(organization_id: UUID | None, purpose: str) -> bytes:
    return f"{organization_id or 'installation'}:{purpose}".encode()
