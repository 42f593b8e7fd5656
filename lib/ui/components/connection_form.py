"""The form of a connection to models: one for each vendor, for setting one up and for editing it."""

from typing import Any

import streamlit as st

from lib.connections.defaults import OfferChange
from lib.connections.entry import ConnectionEntry
from lib.connections.vendor_facts import VENDORS, VendorFacts
from lib.connections.views import ConnectionView, Pricing
from lib.providers.vendors import Vendor
from lib.ui.components.default_shift import show_shift
from lib.ui.components.number_look import begin_with
from lib.ui.words import line, plain

_PRICINGS = {
    Pricing.LISTED: "Public price list",
    Pricing.ENTERED: "Own prices",
    Pricing.FREE: "Free",
}
_PRICING_NOTES = {
    Pricing.LISTED: "Where the public lists know address and model; elsewhere the cost of a call is unknown.",
    Pricing.ENTERED: "In US dollars for a million tokens. They hold for every model of this connection.",
    Pricing.FREE: "Every call costs nothing, and its cost is shown as $0.00.",
}


def show_connection_form(
    key: str, *, connection: ConnectionView | None = None, action: str
) -> tuple[ConnectionEntry, str] | None:
    """Draw the form, filled from `connection`; returns entry and short name in the run in which `action` was pressed.

    No st.form: what is asked for depends on the vendor and on how calls are priced.
    """
    vendor = _show_vendor(key, connection)
    facts = VENDORS[vendor]
    name, slug = _show_names(key, facts, connection)
    base_url, api_version = _show_address(key, vendor, connection)
    api_key, removes_key = _show_key(key, facts, connection)
    models = _show_models(key, connection)
    prices = _show_prices(key, connection)
    limit = _show_limit(key, connection)
    parameters = _show_parameters(key, connection)
    _show_shift(connection, slug=slug, name=name, models=models)
    if not st.button(action, type="primary", key=f"{key}-save"):
        return None
    entry = ConnectionEntry(
        name=name,
        vendor=vendor,
        base_url=base_url,
        api_key=api_key,
        removes_key=removes_key,
        api_version=api_version,
        models=models,
        parameters=parameters,
        requests_per_minute=limit,
        **prices,
    )
    return entry, slug


def _show_shift(connection: ConnectionView | None, *, slug: str, name: str, models: list[str]) -> None:
    """Say what the entry would do to the default model, as soon as it can be told."""
    offered = [model.strip() for model in models if model.strip()]
    if name.strip() and (connection.is_active if connection else offered):
        connection_id = connection.id if connection else None
        show_shift(OfferChange(connection_id=connection_id, slug=slug, name=line(name), models=offered))


def _show_vendor(key: str, connection: ConnectionView | None) -> Vendor:
    before = connection.vendor if connection else Vendor.OPENAI
    return (
        st.selectbox(
            "Vendor",
            list(Vendor),
            index=list(Vendor).index(before),
            format_func=lambda each: VENDORS[each].label,
            key=f"{key}-vendor",
        )
        or before
    )


def _show_address(key: str, vendor: Vendor, connection: ConnectionView | None) -> tuple[str, str]:
    facts = VENDORS[vendor]
    base_url = st.text_input(
        "Base URL",
        value=connection.base_url if connection else "",
        placeholder=facts.base_url or facts.example,
        help=plain(f"Where the prompts are sent, like {facts.example}."),
        key=f"{key}-url-{vendor}",
    )
    api_version = ""
    if facts.takes_api_version:
        api_version = st.text_input(
            "API version",
            value=connection.api_version if connection else "",
            placeholder="2024-10-21",
            key=f"{key}-version",
        )
    return base_url, api_version


def _show_models(key: str, connection: ConnectionView | None) -> list[str]:
    known = list(connection.models) if connection else []
    return st.multiselect(
        "Models",
        known,
        default=known,
        format_func=line,
        accept_new_options=True,
        placeholder="Type a name and press Enter",
        help="What people can choose. “Models” in the list asks the endpoint what it has.",
        key=f"{key}-models",
    )


def _show_names(key: str, facts: VendorFacts, connection: ConnectionView | None) -> tuple[str, str]:
    left, right = st.columns([3, 2])
    name = left.text_input(
        "Name", value=connection.name if connection else "", placeholder=f"{facts.label}, research", key=f"{key}-name"
    )
    slug = right.text_input(
        "Short name",
        value=connection.slug if connection else "",
        placeholder="made of the name",
        disabled=connection is not None,
        help="How runs, templates and settings name it, as in “research:gpt-4.1”. It stays as it is.",
        key=f"{key}-slug",
    )
    return name, slug


def _show_key(key: str, facts: VendorFacts, connection: ConnectionView | None) -> tuple[str, bool]:
    has_key = connection is not None and connection.has_key
    ending = f" that ends with {connection.key_last4}" if connection and connection.key_last4 else ""
    entered = st.text_input(
        "Key",
        type="password",
        autocomplete="off",
        placeholder=f"Empty keeps the key{ending}" if has_key else facts.key_example,
        help="Kept encrypted and never shown again. Another address or vendor needs it entered anew.",
        key=f"{key}-key",
    )
    removes = has_key and not facts.needs_key and st.checkbox("Call without a key from now on", key=f"{key}-no-key")
    return entered, bool(removes)


def _show_prices(key: str, connection: ConnectionView | None) -> dict[str, Any]:
    pricing = st.segmented_control(
        "Price of a call",
        list(_PRICINGS),
        default=connection.pricing if connection else Pricing.LISTED,
        format_func=lambda each: _PRICINGS[each],
        required=True,
        key=f"{key}-pricing",
    )
    st.markdown(f":gray[{plain(_PRICING_NOTES[pricing])}]")
    if pricing is not Pricing.ENTERED:
        return {"pricing": pricing}
    known = connection.prices if connection else None
    left, right = st.columns(2)
    values = {
        "input_usd_per_million": left.number_input(
            "Input (US dollars per million tokens)",
            value=float(known.input_usd_per_million) if known else None,
            step=0.1,
            format="%.6g",
            key=f"{key}-input",
        ),
        "output_usd_per_million": right.number_input(
            "Output (US dollars per million tokens)",
            value=float(known.output_usd_per_million) if known else None,
            step=0.1,
            format="%.6g",
            key=f"{key}-output",
        ),
    }
    return {"pricing": pricing, **values}


def _show_limit(key: str, connection: ConnectionView | None) -> int | None:
    return st.number_input(
        "Calls a minute",
        value=None,
        step=1,
        placeholder="No limit",
        help="The most that the vendor takes. Phases that would be more wait for their turn, in all runs together.",
        key=begin_with(f"{key}-limit", connection.requests_per_minute if connection else None),
    )


def _show_parameters(key: str, connection: ConnectionView | None) -> dict[str, object]:
    known = connection.parameters if connection else None
    with st.expander("Default parameters", type="compact"):
        st.markdown(":gray[What is sent where neither a template nor its phase says anything. Empty leaves it out.]")
        left, middle, right = st.columns(3)
        entered = {
            "temperature": left.number_input(
                "Temperature",
                value=None,
                step=0.1,
                key=begin_with(f"{key}-temperature", known.temperature if known else None),
            ),
            "top_p": middle.number_input(
                "Top p",
                value=None,
                step=0.05,
                key=begin_with(f"{key}-top-p", known.top_p if known else None),
            ),
            "max_tokens": right.number_input(
                "Most tokens of an answer",
                value=None,
                step=100,
                key=begin_with(f"{key}-max-tokens", known.max_tokens if known else None),
            ),
        }
    # what the form does not ask for stays
    others = known.model_dump(mode="json", exclude_defaults=True) if known else {}
    return {name: value for name, value in (others | entered).items() if value is not None}
