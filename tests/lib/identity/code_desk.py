"""Signing in with a second factor, as its tests do: half of the proof, the other half, and what is stored of both."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib import clock
from lib.access.actor import Actor, Origin
from lib.errors import (
    SecondFactorNeeded,
    SignInRefused,
)
from lib.identity import second_factor
from lib.identity.service import authenticate
from tests.cast import PASSWORD, Cast
from tests.factors import Factor, enrol
from tests.lib.identity.conftest import Look

STORED = "SELECT totp_secret, totp_enabled_at, totp_last_step, recovery_codes FROM user_credentials WHERE user_id = %s"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime]:
    """`at(seconds)`: what time it is, counted from a noon."""
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def set_clock(seconds: float = 0) -> datetime:
        moment = noon + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_clock()
    return set_clock


@pytest.fixture
def factor(cast: Cast, at: Callable[..., datetime]) -> Factor:
    """That of max."""
    return enrol(cast.max)


def ask_for_code(origin: Origin, name: str = "max", password: str = PASSWORD) -> str:
    with pytest.raises(SecondFactorNeeded) as needed:
        authenticate(name, password, origin=origin)
    return needed.value.pending


def is_let_in(pending: str, code: str, origin: Origin) -> bool:
    """Whether they are; every refusal must have the same words."""
    message = None
    try:
        second_factor.sign_in(pending, code, origin=origin)
    except SignInRefused as error:
        message = error.message
    assert message in {None, second_factor.CODE_REFUSED}
    return message is None


def get_wrong(origin: Origin, *, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            authenticate("max", "wrong", origin=origin)


def attempts_of(sql: Look, actor: Actor) -> tuple[int, bool]:
    [row] = sql(
        "SELECT failed_attempts, locked_until IS NOT NULL FROM user_credentials WHERE user_id = %s", actor.user_id
    )
    return row


def stored_factor(sql: Look, actor: Actor) -> Any:
    [row] = sql(STORED, actor.user_id)
    return row
