"""Another master key, with the old one at hand, without it, twice, and interrupted in the middle."""

from uuid import UUID

import pytest
from typer.testing import CliRunner

from lib.cli.commands import app
from lib.config import get_settings
from lib.connections.opening import key_purpose
from lib.maintenance import keys
from lib.maintenance.keys import SEALED_COLUMNS, SealedColumn, rotate_keys
from lib.secrets.vault import current_key_id, seal, unseal
from lib.webhooks import signing
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_connection
from tests.made_webhooks import HOOK, make_endpoint
from tests.records import row, rows

OLD, NEW = "secret-key-of-the-tests-0123456789", "the-new-secret-key-0123456789-0123456789"
#: Vendor and base URL of the factory's connections.
ADDRESS = ("openai_compatible", "https://llm.example/v1")
#: Kept as hashes: nobody opens them.
HASHES = {("user_sessions", "token_hash"), ("user_tokens", "token_hash"), ("user_credentials", "recovery_codes")}
HASHES |= {("audit_seals", column) for column in ("leaves", "rows_hash", "previous_hash", "hash")}
#: Text, and nobody's secret.
NO_SECRETS = {("projects", "name_key"), ("user_credentials", "password_hash")}
#: What signatures are compared with: made anew from the key by an upgrade.
COMPARED = {("claim_keys", "inner_pad"), ("claim_keys", "outer_pad")}


def use(monkeypatch: pytest.MonkeyPatch, key: str, *, previous: str = "") -> None:
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", key)
    monkeypatch.setenv("ORCHESTRATOR_PREVIOUS_SECRET_KEYS", previous)
    get_settings.cache_clear()


@pytest.fixture
def sealed(installation: Installation, cast: Cast) -> dict[UUID, str]:
    """Connections of both organizations, sealed with the old key: id -> what it is."""
    made = {}
    for actor, slug in ((cast.alice, "one"), (cast.alice, "two"), (cast.charlie, "one")):
        plain = f"sk-{actor.username}-{slug}"
        connection_id = make_connection(installation.database, actor, slug=slug)
        anew = seal(plain, organization_id=actor.organization_id, purpose=key_purpose(*ADDRESS))
        with doors.admin(installation.database) as connection:
            connection.execute(
                "UPDATE provider_connections SET encrypted_key = %s WHERE id = %s", [anew, connection_id]
            )
        made[connection_id] = plain
    return made


def opened(installation: Installation) -> dict[UUID, str]:
    """What is there, opened with the keys of this moment."""
    found = rows(installation, "SELECT id, organization_id, encrypted_key FROM provider_connections")
    purpose = key_purpose(*ADDRESS)
    return {
        each["id"]: unseal(bytes(each["encrypted_key"]), organization_id=each["organization_id"], purpose=purpose)
        for each in found
    }


def test_every_sealed_column_of_the_database_is_in_the_registry(installation: Installation) -> None:
    found = rows(
        installation,
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'bytea'",
    )
    columns = {(each["table_name"], each["column_name"]) for each in found}
    assert columns - HASHES - COMPARED == {(each.table, each.column) for each in SEALED_COLUMNS if not each.is_text}


def test_every_column_of_secrets_as_text_is_listed(installation: Installation) -> None:
    """What is called a secret or a key and holds text: sealed, or no secret of anybody's."""
    found = rows(
        installation,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type IN ('text', 'character varying') AND column_name ~ '(secret|password|token|_key)'",
    )
    columns = {(each["table_name"], each["column_name"]) for each in found}
    assert columns - NO_SECRETS == {(each.table, each.column) for each in SEALED_COLUMNS if each.is_text}


def test_endpoints_sign_as_before_once_the_old_key_is_gone(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, OLD)
    old, new = signing.make_secret(), signing.make_secret()
    endpoint = make_endpoint(cast.alice, url=HOOK)
    said = "UPDATE webhooks SET secret_key = %s, previous_secret_key = %s, previous_secret_expires_at = now() + '1 day'"
    with doors.admin(installation.database) as connection:
        sealed = [signing.seal_secret(each, organization_id=cast.organization_a) for each in (new, old)]
        connection.execute(f"{said} WHERE id = %s", [*sealed, endpoint.id])
    use(monkeypatch, NEW, previous=OLD)
    assert {str(each.column): each.resealed for each in rotate_keys() if each.resealed} == {
        "webhooks.secret_key": 1,
        "webhooks.previous_secret_key": 1,
    }
    use(monkeypatch, NEW)
    kept = row(installation, "SELECT secret_key, previous_secret_key FROM webhooks WHERE id = %s", endpoint.id)
    opened_now = [signing.open_secret(each, organization_id=cast.organization_a) for each in kept.values()]
    assert opened_now == [new, old]
    assert {(each.resealed, each.unreadable) for each in rotate_keys()} == {(0, 0)}


def test_all_of_every_organization_is_sealed_anew_and_the_old_key_needed_no_more(
    installation: Installation, sealed: dict[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, NEW, previous=OLD)
    rotated = rotate_keys()[0]
    assert (rotated.resealed, rotated.unreadable) == (3, 0)
    use(monkeypatch, NEW)
    assert opened(installation) == sealed
    assert {(each.resealed, each.unreadable) for each in rotate_keys()} == {(0, 0)}, "a second time there is nothing"


def test_without_the_old_key_nothing_is_touched_and_the_command_says_so(
    installation: Installation, sealed: dict[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(installation, "SELECT id, encrypted_key FROM provider_connections ORDER BY id")
    use(monkeypatch, NEW)
    said = CliRunner().invoke(app, ["keys", "rotate"])
    assert said.exit_code == 1
    assert "3 open with none of the keys" in said.output
    assert rows(installation, "SELECT id, encrypted_key FROM provider_connections ORDER BY id") == before
    use(monkeypatch, NEW, previous=OLD)
    said = CliRunner().invoke(app, ["keys", "rotate"])
    assert said.exit_code == 0
    assert "3 sealed with the current key" in said.output
    assert not any(plain in said.output for plain in sealed.values())


def test_interrupted_rotation_goes_on_where_it_stopped(
    installation: Installation, sealed: dict[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, NEW, previous=OLD)
    monkeypatch.setattr(keys, "_BATCH", 1)
    really, written = keys._write, []

    def write_two(*arguments: object, **options: object) -> int:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(arguments)
        return really(*arguments, **options)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(keys, "_write", write_two)
    with pytest.raises(KeyboardInterrupt):
        rotate_keys()
    assert opened(installation) == sealed, "both keys open what stands half way"
    monkeypatch.setattr(keys, "_write", really)
    rotated = rotate_keys()[0]
    assert rotated.resealed == 1
    current = "SELECT count(*) FROM provider_connections WHERE substring(encrypted_key FROM 1 FOR 4) = %s"
    assert row(installation, current, current_key_id()) == {"count": 3}


def test_trail_says_by_which_command(
    installation: Installation, sealed: dict[UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, NEW, previous=OLD)
    rotate_keys()
    found = rows(
        installation,
        "SELECT user_id, user_agent FROM audit_logs WHERE action = 'provider_connections.update' "
        "AND user_agent LIKE 'orchestrator%%'",
    )
    assert found == [{"user_id": None, "user_agent": "orchestrator keys rotate"}] * 3


def test_secret_that_is_entered_meanwhile_is_not_overwritten(
    installation: Installation, sealed: dict[UUID, str], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, NEW, previous=OLD)
    chosen = next(iter(sealed))
    really = keys._reseal

    def enter_another(column: SealedColumn, before: bytes, organization_id: UUID | None, purpose: str) -> object:
        if organization_id == cast.organization_a:
            anew = seal("sk-entered", organization_id=organization_id, purpose=purpose)
            with doors.admin(installation.database) as connection:
                statement = "UPDATE provider_connections SET encrypted_key = %s WHERE id = %s"
                connection.execute(statement, [anew, chosen])
        return really(column, before, organization_id, purpose)

    monkeypatch.setattr(keys, "_reseal", enter_another)
    rotate_keys()
    assert opened(installation) == sealed | {chosen: "sk-entered"}
