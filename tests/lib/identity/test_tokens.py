from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.db.session import identity_session
from lib.identity import tokens
from lib.identity.tokens import Redeemed, TokenKind
from tests.cast import Cast
from tests.lib.identity.conftest import Look

pytestmark = pytest.mark.usefixtures("installation")


def _issue(kind: TokenKind = TokenKind.SET_UP, cast: Cast | None = None) -> str:
    with identity_session(None) as session:
        return tokens.issue(session, kind, user_id=cast.alice.user_id if cast else None)


def _redeem(secret: str, kind: TokenKind = TokenKind.SET_UP) -> Redeemed | None:
    with identity_session(None) as session:
        return tokens.redeem(session, kind, secret)


def test_secret_is_good_once() -> None:
    secret = _issue()
    assert _redeem(secret) == Redeemed(user_id=None)
    assert _redeem(secret) is None


def test_secret_belongs_to_its_person(cast: Cast) -> None:
    assert _redeem(_issue(TokenKind.SIGN_IN, cast), TokenKind.SIGN_IN) == Redeemed(user_id=cast.alice.user_id)


def test_secret_opens_nothing_else() -> None:
    secret = _issue()
    assert _redeem(secret, TokenKind.SIGN_IN) is None
    assert _redeem(secret) is not None


def test_made_up_secret_is_worthless() -> None:
    _issue()
    for secret in ("", "nonsense", "x" * 100_000, "nul\0", "\ud800"):
        assert _redeem(secret) is None


@pytest.mark.parametrize(("kind", "life"), [(TokenKind.SET_UP, "24 hours"), (TokenKind.SIGN_IN, "60 seconds")])
def test_secret_lives_as_long_as_its_kind_says(cast: Cast, sql: Look, kind: TokenKind, life: str) -> None:
    secret = _issue(kind, cast)
    [(lifetime_is_right,)] = sql(f"SELECT expires_at - created_at = interval '{life}' FROM user_tokens")
    assert lifetime_is_right
    sql("UPDATE user_tokens SET expires_at = now()")
    assert _redeem(secret, kind) is None


def test_database_cannot_give_the_secret_back(sql: Look) -> None:
    secret = _issue()
    [(row,)] = sql("SELECT t::text FROM user_tokens t")
    assert len(secret) == 43  # 256 bits
    assert secret not in row
    assert tokens.hash_secret(secret).hex() in row


def test_of_many_at_once_one_gets_in() -> None:
    secret = _issue()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _redeem(secret), range(8)))
    assert answers.count(None) == 7


def test_secrets_that_ended_long_ago_are_cleared_away(sql: Look) -> None:
    for _ in range(2):
        _issue()
    sql("UPDATE user_tokens SET expires_at = now() - interval '2 days'")
    _issue()
    assert sql("SELECT count(*) FROM user_tokens") == [(1,)]
