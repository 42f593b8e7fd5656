"""What holds for the whole template: its introduction, and what its phases ask where they name nothing else."""

import streamlit as st

from lib.templates.editing.views import Desk
from lib.ui.components.card import card
from lib.ui.components.template_editor.keeping import among, shows, shows_one_of, template_field, text
from lib.ui.components.template_editor.models import Models
from lib.ui.components.template_editor.phase_settings import show_parameters


def show_template_settings(desk: Desk, models: Models) -> None:
    """Draw them as fields of the draft."""
    content = desk.content
    options = models.options(content["data"].get("model"))
    chosen = among(
        template_field(desk.template_id, ("model",), write=lambda stored: stored), map(models.label, options)
    )
    with card("For all phases", key="template-settings"):
        st.selectbox(
            "Model",
            options,
            format_func=lambda model: models.label(model) if model else "Chosen at launch",
            help="What the launch proposes. A phase that names its own model asks that one.",
            **shows_one_of(chosen, content, options),
        )
        show_parameters(
            content, lambda name, write: template_field(desk.template_id, ("parameters", name), write=write)
        )
        st.text_area(
            "What it is for",
            height=90,
            placeholder="Stands above the launch form where the template's card says nothing",
            **shows(template_field(desk.template_id, ("description",), write=text), content),
        )
