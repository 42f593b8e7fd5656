"""Operations: how this installation does, for its operator; never what is in an organization."""

import streamlit as st

from lib.backup.history import read_history
from lib.health.service import list_removals, read_growth, read_health
from lib.organizations.operator import require_operator
from lib.retention.operator import read_retention
from lib.ui.components.health_growth import show_growth
from lib.ui.components.health_history import show_backups, show_removals
from lib.ui.components.health_retention import show_retention_states
from lib.ui.components.health_statements import show_statements
from lib.ui.components.health_tables import show_storage
from lib.ui.components.health_work import show_connections, show_health_strip, show_work
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor

actor = require_actor()
require_operator(actor)
with page_header("Operations", subtitle="How this installation does: work, database, what takes its time."):
    st.button("Look again", icon=":material/refresh:")

health, growth = read_health(actor), read_growth(actor)
show_health_strip(health, growth)
work, connections = st.columns(2)
with work:
    show_work(health)
with connections:
    show_connections(health.connections, pools=health.pools)
backups, removals = st.columns(2)
with backups:
    show_backups(read_history(actor), zone=actor.time_zone)
with removals:
    show_removals(list_removals(actor), zone=actor.time_zone)
show_retention_states(read_retention(actor))
show_growth(growth)
show_statements(actor)
show_storage(health)
