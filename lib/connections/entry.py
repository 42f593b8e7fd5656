"""What a person entered about a connection, and the check of it: address, key, models, parameters, prices."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from lib.config import get_settings
from lib.connections.vendor_facts import VENDORS
from lib.connections.views import Pricing
from lib.entry import clean_line
from lib.errors import InvalidInput
from lib.providers.base import ModelChoice, ModelParameters
from lib.providers.vendors import Vendor
from lib.validation import validate

MAX_NAME, MAX_URL, MAX_KEY, MAX_MODELS = 255, 500, 1000, 200
#: Nobody asks for more; what is more is a price of something else.
MAX_PRICE_USD: Final = Decimal(100_000)
MAX_CALLS_A_MINUTE: Final = 100_000
#: `local` and the environment's own connections have these.
RESERVED_SLUGS: Final = frozenset({"local", *Vendor})
_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,49}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEntry:
    """What a person entered, not yet checked."""

    name: str
    vendor: str
    #: Empty takes the vendor's, where it has one for all.
    base_url: str = ""
    #: Empty keeps the key that is there.
    api_key: str = field(default="", repr=False)
    #: Call without a key from now on.
    removes_key: bool = False
    api_version: str = ""
    models: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pricing: str = Pricing.LISTED
    input_usd_per_million: Decimal | float | None = None
    output_usd_per_million: Decimal | float | None = None
    #: None is no limit.
    requests_per_minute: int | None = None


def check_slug(text: str, *, name: str) -> str:
    """How runs are to name the connection; made of its name where nothing is entered. Raises `InvalidInput`."""
    slug = text.strip() or _slug_of(name)
    if not _SLUG.fullmatch(slug):
        message = (
            f"“{slug[:60]}” can't be a short name. Use small letters, digits, - and _, beginning with a letter, at "
            "most 50 of them."
        )
        raise InvalidInput(message, field="Short name")
    if slug in RESERVED_SLUGS:
        message = f"“{slug}” is a name of the installation's own models. Choose another one, such as “our-{slug}”."
        raise InvalidInput(message, field="Short name")
    return slug


def check_entry(entry: ConnectionEntry) -> dict[str, Any]:
    """The columns as they are stored, but for the key. Raises `InvalidInput`."""
    from lib.http.safe import refuse_unsafe_url  # noqa: PLC0415 - 0.2 s that only who edits a connection waits for

    try:
        vendor = Vendor(entry.vendor)
        pricing = Pricing(entry.pricing)
    except ValueError:
        message = f"Choose one of: {', '.join(facts.label for facts in VENDORS.values())}."
        raise InvalidInput(message, field="Vendor") from None
    facts = VENDORS[vendor]
    base_url = clean_line(entry.base_url or facts.base_url, field="Base URL", longest=MAX_URL)
    return {
        "name": clean_line(entry.name, field="Name", longest=MAX_NAME),
        "vendor": vendor,
        "base_url": refuse_unsafe_url(base_url, allowed_hosts=get_settings().allowed_hosts, field="Base URL"),
        "api_version": clean_line(
            entry.api_version if facts.takes_api_version else "",
            field="API version",
            longest=50,
            required=False,
        ),
        "models": check_models(entry.models),
        "parameters": validate(ModelParameters, entry.parameters, what="The parameters").model_dump(
            mode="json", exclude_defaults=True
        ),
        "requests_per_minute": _check_limit(entry.requests_per_minute),
        **_prices(pricing, entry),
    }


def check_key(text: str) -> str:
    """The key as it is sent; empty where none was entered. Raises `InvalidInput`, which does not repeat it."""
    key = text.strip()
    if len(key) > MAX_KEY or not key.isascii() or not all(letter.isprintable() and letter != " " for letter in key):
        message = "This is no key: it has spaces, line ends or letters that no key has. Copy it again."
        raise InvalidInput(message, field="Key")
    return key


def check_models(names: Sequence[str]) -> list[str]:
    """The models on offer, each once, in the order given. Raises `InvalidInput`."""
    models = list(dict.fromkeys(_check_model(name) for name in names if name.strip()))
    if len(models) > MAX_MODELS:
        message = f"These are {len(models):,} models; {MAX_MODELS} is the most. Choose those that people are to use."
        raise InvalidInput(message, field="Models")
    return models


def _check_model(name: str) -> str:
    try:
        return ModelChoice.parse(f"a:{clean_line(name, field='Models', longest=200)}").model
    except InvalidInput:
        message = f"“{name[:60]}” is no name of a model: at most 200 characters, without spaces."
        raise InvalidInput(message, field="Models") from None


def _check_limit(calls: int | None) -> int | None:
    if calls is not None and (isinstance(calls, bool) or not 1 <= calls <= MAX_CALLS_A_MINUTE):
        message = f"Enter from 1 to {MAX_CALLS_A_MINUTE:,} calls a minute, or nothing where there is no limit."
        raise InvalidInput(message, field="Calls a minute")
    return calls


def _prices(pricing: Pricing, entry: ConnectionEntry) -> dict[str, Any]:
    prices = {
        "input_usd_per_million": entry.input_usd_per_million,
        "output_usd_per_million": entry.output_usd_per_million,
    }
    if pricing is not Pricing.ENTERED:
        return dict.fromkeys(prices) | {"is_free": pricing is Pricing.FREE}
    for price in prices.values():
        if price is None or not math.isfinite(price) or not 0 <= price <= MAX_PRICE_USD:
            message = f"Enter both prices, in US dollars for a million tokens, from 0 to {MAX_PRICE_USD:,}."
            raise InvalidInput(message, field="Prices")
    return {name: Decimal(str(price)) for name, price in prices.items()} | {"is_free": False}


def _slug_of(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).lstrip("-0123456789")[:50].rstrip("-")
