"""The organization's connections, one a row, with their health at a glance and what can be done about it."""

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.vendor_facts import VENDORS
from lib.connections.views import ConnectionView, Pricing
from lib.ui import words
from lib.ui.components import connection_dialogs as dialogs
from lib.ui.components.audit_link import show_more
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import row_list
from lib.ui.components.status import CONNECTION, inline

_MODELS, _EDIT, _ACTIVATE, _DEACTIVATE, _DELETE = "Models…", "Edit…", "Activate", "Deactivate…", "Delete…"
_CONTEXT = Markup('<div class="ao-context">{}</div>')
_LINE = Markup("{} · {} · {} · {}<br>{}")


def show_connections(actor: Actor, connections: Sequence[ConnectionView]) -> None:
    """Draw the rows; who may not manage them reads only, and who reads the trail gets there."""
    may_do = actor.may(Permission.CONNECTIONS_MANAGE) or actor.may(Permission.AUDIT_VIEW)
    with row_list("connections"):
        for connection in connections:
            with st.container(gap="xxsmall"):
                if not may_do:
                    _show_facts(actor, connection)
                    continue
                left, right = st.columns([4, 1], vertical_alignment="center")  # on a phone one below the other
                with left, st.container(gap="xxsmall"):
                    _show_facts(actor, connection)
                with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", wrap=False):
                    _show_actions(actor, connection)


def _show_facts(actor: Actor, connection: ConnectionView) -> None:
    name = words.plain(words.short(connection.name, most=120))
    st.markdown(f"**{name}** {inline(CONNECTION[connection.health])}")
    st.html(_CONTEXT.format(_detail(connection, actor.time_zone)))


def _show_actions(actor: Actor, connection: ConnectionView) -> None:
    may_manage = actor.may(Permission.CONNECTIONS_MANAGE)
    if may_manage and st.button("Test", icon=":material/network_check:", key=f"test-{connection.slug}"):
        dialogs.show_test(connection)
    switch = _DEACTIVATE if connection.is_active else _ACTIVATE
    options = [_MODELS, _EDIT, switch, _DELETE] if may_manage else []
    chosen = show_more(options, "provider_connections", connection.id, key=f"more-{connection.slug}")
    if chosen == _MODELS:
        dialogs.show_models(connection)
    elif chosen == _EDIT:
        dialogs.show_edit_connection(connection)
    elif chosen == _ACTIVATE:
        dialogs.activate(connection)
    elif chosen == _DEACTIVATE:
        dialogs.ask_to_deactivate(actor, connection)
    elif chosen == _DELETE:
        dialogs.ask_to_delete(actor, connection)


def _detail(connection: ConnectionView, time_zone: str) -> Markup:
    models = words.count(len(connection.models), "model") if connection.models else "no models offered yet"
    ending = f"key …{connection.key_last4}" if connection.key_last4 else "key kept" if connection.has_key else "no key"
    facts = f"{VENDORS[connection.vendor].label} · {words.line(connection.host)}"
    return _LINE.format(
        facts, models, ending, f"{_price(connection)}{_limit(connection)}", _tested(connection, time_zone)
    )


def _limit(connection: ConnectionView) -> str:
    calls = connection.requests_per_minute
    return f" · at most {words.count(calls, 'call')} a minute" if calls else ""


def _price(connection: ConnectionView) -> str:
    if connection.pricing is Pricing.FREE:
        return "free"
    if connection.prices is None:
        return "public price list"
    asked, answered = connection.prices.input_usd_per_million, connection.prices.output_usd_per_million
    return f"{words.money(asked)} in, {words.money(answered)} out per million tokens"


def _tested(connection: ConnectionView, time_zone: str) -> Markup:
    tested = connection.last_test
    if tested is None:
        return Markup("Not tested yet: a test asks for one word and says what comes back.")
    when = moment_inline(connection.last_tested_at, time_zone=time_zone)
    if not tested.has_worked:
        return Markup("{} · tested {}").format(words.short(tested.message, most=300), when)
    took = f"{words.line(tested.model)} answered in {words.duration(tested.time_ms / 1000)}"
    return Markup("{}, cost {} · tested {}").format(took, words.money(tested.cost_usd), when)
