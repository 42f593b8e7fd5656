"""The data folder: embedded database, files, and the secrets that nobody should have to invent."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lib.config import get_settings
from lib.errors import ConfigurationError

MIN_SECRET_KEY_CHARACTERS = 32


def data_folder() -> Path:
    """`ORCHESTRATOR_DATA_DIR` as an absolute path, made when it is missing.

    Only its user may look inside; under root others may pass through, because PostgreSQL runs as one of them.
    """
    try:
        folder = get_settings().data_dir.expanduser().absolute()
        make_private_folder(folder)
    except RuntimeError as error:
        raise ConfigurationError(
            "The user who runs this has no home folder for the data. Set ORCHESTRATOR_DATA_DIR to a folder of theirs."
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {folder} can't be made: {error.strerror}. Set ORCHESTRATOR_DATA_DIR to a folder of yours."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The data folder {folder} is not writable for you. Set ORCHESTRATOR_DATA_DIR to a folder of yours."
        )
    return folder


def find_folder(name: str) -> Path | None:
    """The folder of that name in it where it is there already: who only looks makes none."""
    with suppress(RuntimeError):  # nobody's home, so no data either
        folder = get_settings().data_dir.expanduser().absolute() / name
        return folder if folder.is_dir() else None
    return None


def make_private_folder(folder: Path) -> None:
    """Make the folder and its parents, with these rights whatever the umask. One that exists keeps its own."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        try:
            path.mkdir()
        except FileExistsError:
            if not path.is_dir():  # another process has made it a moment ago, or it is a file
                raise
        else:
            path.chmod(mode)


def sync_file(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """What stands in the file, written there first (readable for its owner only) when there is none.

    Several processes may ask at once: all get the words of the one that came first.
    """
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)  # never overwrites, and the file is whole when it appears
    finally:
        Path(name).unlink()
    return path.read_text(encoding="utf-8")


def secret_key() -> str:
    """The key that signs links and encrypts secrets: from the settings, else generated once for an embedded database.

    Raises ConfigurationError when a server is configured and no key is, when two are, or when it is too short for one.
    """
    settings = get_settings()
    if settings.secret_key is not None and settings.secret_key_file is not None:
        raise ConfigurationError("Set ORCHESTRATOR_SECRET_KEY or ORCHESTRATOR_SECRET_KEY_FILE, not both.")
    if settings.secret_key is not None:
        return _long_enough(settings.secret_key.get_secret_value(), "ORCHESTRATOR_SECRET_KEY")
    if settings.secret_key_file is not None:
        return _long_enough(_read_key(settings.secret_key_file), f"The key in {settings.secret_key_file}")
    if settings.is_embedded:
        return kept_secret(data_folder() / "secret-key", lambda: secrets.token_urlsafe(32))
    raise ConfigurationError(
        "Set ORCHESTRATOR_SECRET_KEY, or ORCHESTRATOR_SECRET_KEY_FILE to a file that holds it, the same for every "
        "process. `openssl rand -base64 32` makes a good one."
    )


def previous_secret_keys() -> tuple[str, ...]:
    """The keys that were the key before, the newest first. Raises ConfigurationError when one is too short."""
    listed = get_settings().previous_secret_keys.get_secret_value().split(",")
    keys = tuple(filter(None, (key.strip() for key in listed)))
    return tuple(_long_enough(key, "A key in ORCHESTRATOR_PREVIOUS_SECRET_KEYS") for key in keys)


def _read_key(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no text, or has no place"
        raise ConfigurationError(f"ORCHESTRATOR_SECRET_KEY_FILE: {path} can't be read: {why}.") from None


def _long_enough(key: str, whose: str) -> str:
    if len(key) < MIN_SECRET_KEY_CHARACTERS:
        raise ConfigurationError(
            f"{whose} is too short: it needs {MIN_SECRET_KEY_CHARACTERS} characters or more. "
            "`openssl rand -base64 32` makes a good one."
        )
    return key
