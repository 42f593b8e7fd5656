"""The master key apart: its fingerprint, by which a backup knows it, and the file that it is written to when asked for.

The file holds one key a line, the present one first. With one key in it, it is what ORCHESTRATOR_SECRET_KEY_FILE names.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lib.backup.files import private_file
from lib.config import get_settings
from lib.data_folder import data_folder, previous_secret_keys, secret_key, sync_file
from lib.errors import ConfigurationError, InvalidInput

_PURPOSE: Final = b"ai-orchestrator backup"
#: What the embedded installation's own is called in its data folder, and what it becomes when another takes its place.
_KEPT, _BEFORE = "secret-key", "secret-key.before-restore"


def fingerprint(key: str) -> str:
    """By this a key is known again; it opens nothing."""
    return hmac.new(key.encode(), _PURPOSE, hashlib.sha256).hexdigest()[:32]


def present_keys() -> tuple[str, ...]:
    """The key of this installation, then those before it. Raises ConfigurationError where there is none."""
    return (secret_key(), *previous_secret_keys())


def write_keys(path: Path, *, apart_from: Path) -> None:
    """Write the keys to a new file that its owner alone can read. Raises InvalidInput where that can't be."""
    path = path.expanduser().absolute()
    if path.resolve().is_relative_to(apart_from.resolve()):
        raise InvalidInput(
            f"{path} lies among the backups. Keep keys apart from them: whoever has both can read every secret.",
            field="--with-keys",
        )
    try:
        with private_file(path) as file:
            file.write("".join(f"{key}\n" for key in present_keys()).encode())
            file.flush()
            os.fsync(file.fileno())
        sync_file(path.parent)
    except FileExistsError:
        raise InvalidInput(f"{path} is there already. Name a new file.", field="--with-keys") from None
    except OSError as error:
        raise InvalidInput(f"{path} can't be written: {error.strerror}.", field="--with-keys") from None


def read_keys(path: Path) -> tuple[str, ...]:
    """The keys in a file. Raises InvalidInput where there is none."""
    try:
        keys = tuple(path.expanduser().read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError):
        keys = ()
    if not keys:
        raise InvalidInput(f"{path} holds no key. It is the file that --with-keys has written.", field="--keys")
    return keys


def has_key_of_its_own() -> bool:
    """Whether settings name the key, or the data folder has one. Asking for the key would make one."""
    settings = get_settings()
    is_set = settings.secret_key is not None or settings.secret_key_file is not None
    return is_set or not settings.is_embedded or (data_folder() / _KEPT).exists()


def take_over(keys: Sequence[str]) -> None:
    """Have an embedded installation with nothing in it use the first of these keys; the one it had is kept beside it.

    Does nothing where settings name the key.
    """
    settings = get_settings()
    if settings.secret_key is not None or settings.secret_key_file is not None or not settings.is_embedded:
        return
    path = data_folder() / _KEPT
    if path.exists():
        if path.read_text(encoding="utf-8") == keys[0]:
            return
        path.replace(data_folder() / _BEFORE)
    with private_file(path) as file:
        file.write(keys[0].encode())
        file.flush()
        os.fsync(file.fileno())
    sync_file(path.parent)


def require_keys(fingerprints: Sequence[str]) -> str | None:
    """See that this installation has the key that a backup was made with; what to say of earlier ones it lacks.

    Raises ConfigurationError without it.
    """
    have = {fingerprint(key) for key in present_keys()} if has_key_of_its_own() else set()
    if fingerprints[0] not in have:
        raise ConfigurationError(
            "The master key of this backup is not here, and without it the keys of providers, integrations and second "
            "factors in it can't be opened. Name the file that `orchestrator backup --with-keys` wrote: --keys FILE; "
            "or set ORCHESTRATOR_SECRET_KEY to that key. Where it is lost, --without-keys restores the rest."
        )
    if set(fingerprints) <= have:
        return None
    return (
        "Keys from before the last rotation are not here. Set ORCHESTRATOR_PREVIOUS_SECRET_KEYS to the second and "
        "further lines of the key file, by commas, and run `orchestrator keys rotate`."
    )
