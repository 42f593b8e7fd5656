import re
from uuid import UUID, uuid4

from lib.identity import recovery_codes, totp

SOMEBODY = UUID(int=1)


def test_ten_are_made_and_never_the_same() -> None:
    made = [code for _ in range(100) for code in recovery_codes.make()]
    assert len(made) == len(set(made)) == 1000


def test_code_can_be_read_and_typed() -> None:
    for code in recovery_codes.make():
        assert re.fullmatch(r"([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}", code)
        assert not totp.is_code(totp.clean(code)), "never taken for an app's"


def test_code_is_the_same_however_it_is_typed() -> None:
    (code, *_) = recovery_codes.make()
    kept = recovery_codes.hash_code(code, user_id=SOMEBODY)
    for typed in (code.upper(), code.replace("-", " "), f"  {code.replace('-', '')}\n", code):
        assert recovery_codes.hash_code(totp.clean(typed), user_id=SOMEBODY) == kept


def test_same_code_of_somebody_else_is_another() -> None:
    (code, *_) = recovery_codes.make()
    assert recovery_codes.hash_code(code, user_id=SOMEBODY) != recovery_codes.hash_code(code, user_id=uuid4())


def test_what_nobody_could_have_made_is_hashed_too() -> None:
    assert len(recovery_codes.hash_code("\ud800", user_id=SOMEBODY)) == 32
