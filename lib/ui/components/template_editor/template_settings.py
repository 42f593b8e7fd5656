"""What holds for the whole template: its introduction, and what its phases ask where they name nothing else."""

import streamlit as st

from lib.templates.editing.views import Desk
from lib.ui.components.card import card
from lib.ui.components.template_editor.keeping import template_field
from lib.ui.components.template_editor.models import Models
from lib.ui.components.template_editor.phase_settings import show_parameters


def show_template_settings(desk: Desk, models: Models) -> None:
    """Draw them as fields of the draft."""
    data = desk.content["data"]
    options = models.options(data.get("model"))
    chosen = template_field(desk.template_id, ("model",)).among(map(models.label, options))
    with card("For all phases", key="template-settings"):
        st.selectbox(
            "Model",
            options,
            format_func=lambda model: models.label(model) if model else "Chosen at launch",
            help="What the launch proposes. A phase that names its own model asks that one.",
            **chosen.shows(data.get("model")),
        )
        show_parameters(
            data.get("parameters") or {}, lambda name: template_field(desk.template_id, ("parameters", name))
        )
        st.text_area(
            "What it is for",
            height=90,
            placeholder="Stands above the launch form where the template's card says nothing",
            **template_field(desk.template_id, ("description",)).shows(str(data.get("description") or "")),
        )
