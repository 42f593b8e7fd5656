import re

import pytest

from lib.errors import InvalidInput
from lib.identity.fields import Field, clean_email, clean_name, clean_slug, clean_username, suggest_slug


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Northwind   Research ", "Northwind Research"),
        ("<b>Acme</b> & Söhne", "<b>Acme</b> & Söhne"),
        ("Cafe\u0301", "Café"),
        ("株式会社", "株式会社"),
        ("x" * 255, "x" * 255),
    ],
)
def test_name_is_kept_as_typed_but_for_its_spaces(typed: str, kept: str) -> None:
    assert clean_name(typed, field=Field.FULL_NAME) == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        (" \u00a0 ", "empty"),
        ("x" * 256, "256 characters; 255 is the most"),
        ("x" * 300, "300 characters"),
        ("Acme\x00", "invisible control character"),
        ("Acme\x1b[31m", "invisible control character"),
        ("txt.\u202eexe", r"invisible control character \(U\+202E\) behind “txt\.”\. Delete it there\."),
        ("half \ud800", "invisible control character"),
    ],
)
def test_name_that_cannot_be_kept_says_why(typed: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refused:
        clean_name(typed, field=Field.FULL_NAME)
    assert refused.value.field == "Full name"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Northwind Research", "northwind-research"),
        ("  Café Ünïon & Co. ", "cafe-union-co"),
        ("Straße nach Łódź", "strasse-nach-lodz"),
        ("--a__b--", "a-b"),
        ("株式会社", "organization"),
        ("", "organization"),
        ("x" * 99 + " yz", "x" * 99),
    ],
)
def test_slug_is_suggested_from_the_name(name: str, slug: str) -> None:
    assert suggest_slug(name) == slug
    assert clean_slug(slug) == slug


@pytest.mark.parametrize(
    "typed", ["Acme", "acme_research", "-acme", "acme-", "a--b", "a b", "", "x" * 101, "acmé", "a\nb"]
)
def test_refused_slug_comes_with_one_that_would_do(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_slug(typed)
    suggestion = re.search(r"would do: (\S+)$", refused.value.message)
    assert suggestion
    assert clean_slug(suggestion[1]) == suggestion[1]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Alice@Acme.Example ", "alice@acme.example"), ("a+b.c@mail.acme.co.uk", "a+b.c@mail.acme.co.uk")],
)
def test_email_is_kept_in_lower_case(typed: str, kept: str) -> None:
    assert clean_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "alice",
        "@acme.example",
        "alice@",
        "alice@acme",
        "alice@acme..example",
        "alice@.example",
        "a b@acme.example",
        "a@b@acme.example",
        "Alice <alice@acme.example>",
        "alice@acme.example, bob@acme.example",
        "alice@acme.example\nBcc: all@acme.example",
        "alice\x00@acme.example",
        "x" * 250 + "@acme.example",
    ],
)
def test_what_is_no_email_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_email(typed)
    assert refused.value.field == "E-mail"


def test_user_name_is_kept_in_lower_case() -> None:
    assert clean_username(" Alice.L-2_x ") == "alice.l-2_x"


@pytest.mark.parametrize("typed", ["", "al ice", "alice@acme", ".alice", "ålice", "alice\n.", "x" * 101])
def test_what_is_no_user_name_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_username(typed)
    assert refused.value.field == "User name"
