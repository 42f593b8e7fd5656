"""What may stand in the fields that make an organization and a person, as forms and the command line label them."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import idna

from lib.entry import clean_line
from lib.errors import InvalidInput
from lib.identity import lookalikes


class Field(StrEnum):
    """A field's label; `InvalidInput.field` names it."""

    ORGANIZATION_NAME = "Organization name"
    SLUG = "Short name"
    FULL_NAME = "Full name"
    EMAIL = "E-mail"
    USERNAME = "User name"
    PASSWORD = "Password"  # noqa: S105 a label
    CURRENT_PASSWORD = "Current password"  # noqa: S105 a label
    CODE = "Code"


#: What the database's own check says as well. JavaScript reads these two patterns in the same way.
SLUG_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
USERNAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]*$"

_LONGEST_NAME: Final = 255
_LONGEST_SLUG: Final = 100
_LONGEST_USERNAME: Final = 100
_LONGEST_EMAIL: Final = 254  # RFC 5321, erratum 1690
_EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\".]+(\.[^@\s<>()\[\],;:\\\".]+)+")
#: Control characters, halves of characters, breaks of lines and paragraphs.
_NOT_IN_TEXT: Final = {"Cc", "Cs", "Zl", "Zp"}
#: Letters that no decomposition turns into plain ones.
_PLAIN_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def clean_name(value: str, *, field: str) -> str:
    """A name as it is kept: one space between words, none around. Raises InvalidInput, for look-alikes too."""
    name = clean_line(lookalikes.unfold(value), field=field, longest=_LONGEST_NAME)
    lookalikes.check_words(name, field=field)
    return name


def clean_slug(value: str) -> str:
    """A slug as it is kept. Raises InvalidInput, with a slug that would do."""
    slug = value.strip()
    if not re.fullmatch(SLUG_PATTERN, slug) or len(slug) > _LONGEST_SLUG:
        message = (
            f"Use small letters, digits and single hyphens between them, at most {_LONGEST_SLUG}. "
            f"This would do: {suggest_slug(value)}"
        )
        raise InvalidInput(message, field=Field.SLUG)
    return slug


def suggest_slug(name: str) -> str:
    """The slug that a name makes: "Café Ünïon & Co" as "cafe-union-co"; "organization" where nothing is left."""
    decomposed = unicodedata.normalize("NFKD", name[:_LONGEST_NAME].casefold().translate(_PLAIN_LETTERS))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:_LONGEST_SLUG].strip("-") or "organization"


def clean_email(value: str) -> str:
    """An e-mail address as it is kept: in lower case, its domain in ASCII. Raises InvalidInput, for look-alikes too.

    A domain of other letters stands there as in the DNS (xn--…), where none looks like another.
    """
    email = lookalikes.unfold(value.strip()).lower()
    if not is_text(email) or not _EMAIL.fullmatch(email):
        raise InvalidInput("This is no e-mail address. It must look like name@example.com.", field=Field.EMAIL)
    local, _, domain = email.rpartition("@")
    for label in (local, *domain.split(".")):
        lookalikes.check_label(label, field=Field.EMAIL)
    email = f"{local}@{_ascii_domain(domain)}"
    if len(email) > _LONGEST_EMAIL:
        raise InvalidInput(f"An e-mail address has at most {_LONGEST_EMAIL} characters.", field=Field.EMAIL)
    return email


def _ascii_domain(domain: str) -> str:
    """The domain as the DNS has it; https://www.rfc-editor.org/rfc/rfc5891."""
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        message = f"“{domain}” is no domain that can be reached. Check what stands behind the @."
        raise InvalidInput(message, field=Field.EMAIL) from error


def check_domain(email: str, domains: Sequence[str]) -> None:
    """Raise InvalidInput unless the address is of one of the domains, as it stands there and without those below it.

    Without domains any will do.
    """
    if domains and email.rpartition("@")[2] not in domains:
        message = f"Your organization takes addresses of {', '.join(domains)} only."
        raise InvalidInput(message, field=Field.EMAIL)


def clean_username(value: str) -> str:
    """A user name as it is kept, in lower case. Raises InvalidInput."""
    username = value.strip().lower()
    if not re.fullmatch(USERNAME_PATTERN, username):
        message = "Use letters (a to z), digits, dots, hyphens and underscores; begin with a letter or a digit."
        raise InvalidInput(message, field=Field.USERNAME)
    if len(username) > _LONGEST_USERNAME:
        raise InvalidInput(f"A user name has at most {_LONGEST_USERNAME} characters.", field=Field.USERNAME)
    return username


def is_text(value: str) -> bool:
    """Whether PostgreSQL can keep it and a person can read it: no control characters, no halves of characters."""
    return not any(unicodedata.category(letter) in _NOT_IN_TEXT for letter in value)


def collect_faults(checks: Iterable[Callable[[], object]]) -> Mapping[str, str]:
    """Field -> what is wrong with it, of every check that raises InvalidInput; empty when all is well."""
    faults: dict[str, str] = {}
    for check in checks:
        try:
            check()
        except InvalidInput as error:
            faults[error.field or ""] = error.message
    return faults


def refuse_faults(faults: Mapping[str, str]) -> None:
    """Raise InvalidInput with the first of `collect_faults`, which names the others as well; nothing without any."""
    for field, message in faults.items():
        raise InvalidInput(message, field=field, problems=[f"{name}: {fault}" for name, fault in faults.items()])
