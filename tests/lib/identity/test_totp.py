from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.identity import totp

SECRET = totp.new_secret()
#: RFC 6238, appendix B: the secret "12345678901234567890", the last six of eight digits.
OF_THE_RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 hypothesis adds the zone


def _code(moment: datetime, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(moment)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert totp.find_step(OF_THE_RFC, code, now=datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@given(MOMENTS, st.integers(min_value=-1, max_value=1))
def test_code_of_the_step_before_or_after_is_taken_as_that_steps(now: datetime, drift: int) -> None:
    of = now + timedelta(seconds=30 * drift)
    found = totp.find_step(SECRET, _code(of), now=now)
    # two steps within reach may, once in a million, have the same code
    assert found is not None
    assert _code(datetime.fromtimestamp(found * 30, UTC)) == _code(of)
    assert abs(found - int(now.timestamp()) // 30) <= 1


@given(MOMENTS, st.integers(min_value=2, max_value=10_000), st.sampled_from([-1, 1]))
def test_code_of_any_other_step_is_not(now: datetime, steps: int, side: int) -> None:
    code = _code(now + timedelta(seconds=30 * steps * side))
    near = {_code(now + timedelta(seconds=30 * drift)) for drift in (-1, 0, 1)}
    assert (totp.find_step(SECRET, code, now=now) is not None) == (code in near)


@given(MOMENTS, st.text(max_size=12))
def test_what_is_no_code_is_of_no_step(now: datetime, typed: str) -> None:
    if not totp.is_code(typed):
        assert totp.find_step(SECRET, typed, now=now) is None


def test_code_of_another_secret_is_of_no_step() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    other = next(
        s
        for s in iter(totp.new_secret, None)
        if _code(now, s) not in {_code(now), _code(now - timedelta(seconds=30)), _code(now + timedelta(seconds=30))}
    )
    assert totp.find_step(SECRET, _code(now, other), now=now) is None


def test_secrets_have_160_bits_and_are_never_the_same() -> None:
    made = {totp.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {32}


@pytest.mark.parametrize(
    "typed", ["123456", " 123 456 ", "123-456", "\uff11\uff12\uff13\uff14\uff15\uff16", "12\t34\n56", "123\u00a0456"]
)
def test_code_is_read_as_people_type_it(typed: str) -> None:
    assert totp.clean(typed) == "123456"
    assert totp.is_code(totp.clean(typed))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "٣٤٥٦٧٨", "½½½½½½", "abcd-efgh"])
def test_what_is_not_six_digits_is_no_code_of_an_app(typed: str) -> None:
    assert not totp.is_code(totp.clean(typed))


def test_halves_of_characters_are_of_no_step() -> None:
    assert totp.find_step(SECRET, "\ud800" * 6, now=datetime(2026, 11, 27, tzinfo=UTC)) is None


def test_giant_code_is_cut_short() -> None:
    assert len(totp.clean("9" * 10_000_000)) == 100


def test_link_says_what_apps_read() -> None:
    link = urlsplit(totp.app_link(SECRET, name="max@acme.example"))
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert link.path == "/AI%20Orchestrator:max%40acme.example"
    assert parse_qs(link.query) == {"secret": [SECRET], "issuer": ["AI Orchestrator"]}
