"""Names and addresses that look like others are refused, and those of all scripts are not."""

import pytest

from lib.errors import InvalidInput
from lib.identity.fields import Field, clean_email, clean_name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Анна Каренина", "Анна Каренина"),
        ("\u0425\u043e\u0440\u0445\u0435",) * 2,  # every letter looks like a Latin one, and it is a name
        ("Li 李", "Li 李"),
        ("ヤマダtaro山田", "ヤマダtaro山田"),
        ("김Kim", "김Kim"),
        ("\u0646\u06cc\u0645\u200c\u0641\u0639",) * 2,
        ("Siân O'Brien-Łukasz", "Siân O'Brien-Łukasz"),
        ("Acme™ ½", "Acme™ ½"),
        ("👩\u200d🔬 Lab", "👩\u200d🔬 Lab"),
        ("\U0001d400lice \uff2carsen", "Alice Larsen"),
        ("\ufb01ona", "fiona"),
    ],
)
def test_name_of_any_script_is_kept_and_drawn_letters_are_plain(typed: str, kept: str) -> None:
    assert clean_name(typed, field=Field.FULL_NAME) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\u0410lice", "mixes Cyrillic and Latin letters"),
        ("Mon\u03b1", "mixes Greek and Latin letters"),
        ("Acme-\u0410cme", "mixes Cyrillic and Latin letters"),
        ("Ali\u200bce", "invisible character"),
        ("Ali\u200dce", "invisible character"),
        ("Ali\u00adce", "invisible character"),
        ("Alice\u3164", "invisible character"),
        ("Al\U000e0069ice", "invisible character"),
    ],
)
def test_name_that_hides_or_mixes_says_what_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        clean_name(typed, field=Field.FULL_NAME)
    assert refused.value.field == "Full name"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Anna@Bücher.example", "anna@xn--bcher-kva.example"),
        ("иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
        ("josé@example.com", "josé@example.com"),
        ("\uff41lice@acme.example", "alice@acme.example"),
        ("alice@xn--80ak6aa92e.com", "alice@xn--80ak6aa92e.com"),
        ("\u212aim@acme.example", "kim@acme.example"),
    ],
)
def test_address_is_kept_with_its_domain_as_the_dns_has_it(typed: str, kept: str) -> None:
    assert clean_email(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\u0430lice@acme.example", "mixes Cyrillic and Latin letters"),
        ("alice@\u0430cme.example", "mixes Cyrillic and Latin letters"),
        ("\u0441\u043e\u0441\u043e@acme.example", "Cyrillic letters that look like Latin ones"),
        ("alice@\u0430\u0441\u0435.example", "Cyrillic letters that look like Latin ones"),
        ("\u03bf\u03bd@acme.example", "Greek letters that look like Latin ones"),
        ("ali\u200bce@acme.example", "invisible character"),
        ("alice@ac\u00adme.example", "invisible character"),
        ("alice@xn--a.example", "no domain that can be reached"),
    ],
)
def test_address_that_looks_like_another_is_refused(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        clean_email(typed)
    assert refused.value.field == "E-mail"
