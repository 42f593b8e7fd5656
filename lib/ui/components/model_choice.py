"""The choice of a model before a launch, and who said which one is asked."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.providers.catalog import Catalog, OfferedModel
from lib.templates.model_choice import ChosenModel, ModelSource
from lib.templates.plan import Plan
from lib.ui import words
from lib.ui.guard import require_actor
from lib.ui.navigation import CONNECTIONS

#: Why the model that nobody chose for this run is the one that is asked.
_WHY: Final[Mapping[ModelSource, str]] = {
    ModelSource.TEMPLATE: "The template names it, which comes before the project's and the organization's default.",
    ModelSource.PROJECT: "It is the project's default, which comes before the organization's.",
    ModelSource.ORGANIZATION: "It is your organization's default; neither template nor project names one.",
    ModelSource.INSTALLATION: "It is the first on offer; neither template, project nor organization names one.",
}
_CHOSEN = "Chosen for this run, which comes before the template's, the project's and the organization's."
_NOT_LISTED = "It is not among the models on offer. The launch asks it first whether it is there."


def show_model_choice(catalog: Catalog, default: ChosenModel | None) -> OfferedModel | None:
    """Draw the choice; None stands for `default`, which is asked where nobody chooses."""
    by_default = next((model for model in catalog.models if default and model.choice == default.choice), None)
    without_choice = by_default.full_label if by_default else str(default.choice) if default else words.NOTHING
    options: Sequence[OfferedModel | None] = [*([None] if default else []), *catalog.models]
    model = st.selectbox(
        "Model",
        options,
        index=0 if options else None,
        format_func=lambda each: each.full_label if each else f"Default: {without_choice}",
        placeholder=None if options else "None is set up yet",
        disabled=not options,
    )
    if asked := model or by_default:
        st.markdown(f":gray[{words.plain(asked.note)}]")
    if model:
        st.markdown(f":gray[{words.plain(_CHOSEN)}]")
    elif default:
        st.markdown(f":gray[{words.plain(_WHY[default.source])}]")
    if default and not asked:
        st.markdown(f":orange[:material/warning:] {words.plain(_NOT_LISTED)}")
    for problem in catalog.problems:
        st.markdown(f":orange[:material/warning:] {words.plain(problem)}")
    if not options and require_actor().may(Permission.CONNECTIONS_MANAGE):
        st.page_link(CONNECTIONS.file, label="Add a connection", icon=":material/arrow_forward:")
    return model


def show_own_models(plan: Plan) -> None:
    """Say which phases ask another model than the run does, because the template gives them one of their own."""
    own = [f"{phase.name} asks {phase.model}" for phase in plan.phases if phase.model_source is ModelSource.PHASE]
    if own:
        text = f"With a model of their own, which comes before the run's: {'; '.join(own)}."
        st.markdown(f":gray[{words.plain(words.short(text, most=600))}]")
