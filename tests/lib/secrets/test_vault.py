from uuid import UUID, uuid4

import pytest

from lib.config import get_settings
from lib.data_folder import previous_secret_keys, secret_key
from lib.errors import ConfigurationError, SecretUnreadable
from lib.secrets.vault import is_current, seal, unseal

OLD, NEW = "the-old-key-0123456789-0123456789", "the-new-key-0123456789-0123456789"
ORGANIZATION = UUID("018f0000-0000-7000-8000-000000000001")
PURPOSE = "provider_connections.encrypted_key"
SECRET = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, NEW)


def use(monkeypatch: pytest.MonkeyPatch, key: str, *, previous: str = "") -> None:
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", key)
    monkeypatch.setenv("ORCHESTRATOR_PREVIOUS_SECRET_KEYS", previous)
    get_settings.cache_clear()


@pytest.mark.parametrize("plain", [SECRET, "", "schlüssel 🗝", "x" * 20_000])
@pytest.mark.parametrize("organization_id", [ORGANIZATION, None])
def test_what_was_sealed_opens(plain: str, organization_id: UUID | None) -> None:
    sealed = seal(plain, organization_id=organization_id, purpose=PURPOSE)
    assert unseal(sealed, organization_id=organization_id, purpose=PURPOSE) == plain


def test_nothing_of_it_can_be_read_and_no_two_seals_are_alike() -> None:
    one, other = (seal(SECRET, organization_id=ORGANIZATION, purpose=PURPOSE) for _ in range(2))
    assert SECRET.encode() not in one
    assert one != other


@pytest.mark.parametrize(
    ("organization_id", "purpose"), [(uuid4(), PURPOSE), (None, PURPOSE), (ORGANIZATION, "mail_outbox.secret")]
)
def test_it_opens_for_no_other_organization_and_no_other_purpose(organization_id: UUID | None, purpose: str) -> None:
    sealed = seal(SECRET, organization_id=ORGANIZATION, purpose=PURPOSE)
    with pytest.raises(SecretUnreadable, match="copied from another place"):
        unseal(sealed, organization_id=organization_id, purpose=purpose)


@pytest.mark.parametrize("place", [5, 20, -1])
def test_one_changed_bit_is_noticed(place: int) -> None:
    sealed = bytearray(seal(SECRET, organization_id=None, purpose=PURPOSE))
    sealed[place] ^= 1
    with pytest.raises(SecretUnreadable, match="damaged"):
        unseal(bytes(sealed), organization_id=None, purpose=PURPOSE)


@pytest.mark.parametrize("sealed", [b"", b"abc", b"x" * 31])
def test_what_is_too_short_for_a_seal_is_damaged(sealed: bytes) -> None:
    with pytest.raises(SecretUnreadable, match="damaged"):
        unseal(sealed, organization_id=None, purpose=PURPOSE)


def test_another_key_does_not_open_it_and_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal(SECRET, organization_id=None, purpose=PURPOSE)
    use(monkeypatch, OLD)
    with pytest.raises(SecretUnreadable, match="ORCHESTRATOR_PREVIOUS_SECRET_KEYS") as told:
        unseal(sealed, organization_id=None, purpose=PURPOSE)
    assert SECRET not in str(told.value)


def test_previous_keys_open_what_they_sealed_and_seal_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, OLD)
    sealed = seal(SECRET, organization_id=None, purpose=PURPOSE)
    assert is_current(sealed)
    use(monkeypatch, NEW, previous=f" some-other-key-0123456789-0123456789 , {OLD} ,")
    assert unseal(sealed, organization_id=None, purpose=PURPOSE) == SECRET
    assert not is_current(sealed)
    assert is_current(seal(SECRET, organization_id=None, purpose=PURPOSE))


def test_without_a_key_nothing_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORCHESTRATOR_SECRET_KEY")
    monkeypatch.setenv("DATABASE_URL", "postgresql://orchestrator_owner@host/orchestrator")
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="ORCHESTRATOR_SECRET_KEY_FILE"):
        seal(SECRET, organization_id=None, purpose=PURPOSE)


def test_short_previous_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, NEW, previous="short")
    with pytest.raises(ConfigurationError, match="PREVIOUS_SECRET_KEYS is too short"):
        previous_secret_keys()


def test_two_current_keys_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY_FILE", "/somewhere")
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="not both"):
        secret_key()
