"""The choice of a model before a launch, and who said which one is asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.providers.catalog import Catalog, OfferedModel
from lib.templates.model_choice import ChosenModel, ModelSource
from lib.templates.plan import Plan
from lib.ui import state, words
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
#: The option that leaves the choice to whoever comes next; no model is called so.
_BY_DEFAULT = ""
_KEY = "launch-model"
#: In characters, with what stands before a default: a field in half a window of 1280 pixels cuts off what is longer.
_MOST_IN_FIELD: Final = 50


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the reader saw when the choice was drawn last."""

    #: For what: another one has another default.
    context: str
    #: `_BY_DEFAULT`, or the model.
    option: str
    #: The model that a run would have asked, and what it is called.
    asked: str
    label: str
    #: What became of the model before it, until they choose one.
    notice: str = ""


def show_model_choice(
    catalog: Catalog, default: ChosenModel | None, *, context: str, wanted: str | None = None
) -> OfferedModel | None:
    """Draw the choice; None stands for `default`, which is asked where nobody chooses, and depends on `context`.

    It begins with the model that is `wanted`, as long as that is on offer; where it is not, the reader is told.

    A choice stays as long as it is on offer. When it, or the default that was shown, has made way for another model
    the reader is told, and stays told until they choose one.
    """
    models = {str(model.choice): model for model in catalog.models}
    default_name = str(default.choice) if default else ""
    labels = _label(catalog)
    options = [*([_BY_DEFAULT] if default else []), *models]
    before = st.session_state.get(state.LAUNCH_MODEL) if _KEY in st.session_state else None
    option = st.selectbox(
        "Model",
        options,
        index=options.index(wanted) if wanted in options else 0 if options else None,
        format_func=lambda name: (
            labels.get(name, name) if name else f"Default: {labels.get(default_name, default_name)}"
        ),
        placeholder=None if options else "None is set up yet",
        disabled=not options,
        key=_KEY if options else f"{_KEY}-none",
    )
    asked = option or default_name
    drawn = _Drawn(context, option or _BY_DEFAULT, asked, labels.get(asked, asked))
    drawn = replace(drawn, notice=_notice(before, drawn, labels))
    st.session_state[state.LAUNCH_MODEL] = drawn
    if wanted and wanted not in options and not option:
        gone = f"“{wanted}” is not on offer any more. Now chosen: the default."
        st.markdown(f":orange[:material/warning:] {words.plain(gone)}")
    if drawn.notice:
        st.markdown(f":orange[:material/warning:] {words.plain(drawn.notice)}")
    if len(label := labels.get(asked, asked)) > _MOST_IN_FIELD:
        st.markdown(f":gray[{words.plain(label)}.]")
    _explain(models.get(asked), default, is_chosen=bool(option))
    for problem in catalog.problems:
        st.markdown(f":orange[:material/warning:] {words.plain(problem)}")
    if not options and require_actor().may(Permission.CONNECTIONS_MANAGE):
        st.page_link(CONNECTIONS.file, label="Add a connection", icon=":material/arrow_forward:")
    return models.get(option) if option else None


def _label(catalog: Catalog) -> Mapping[str, str]:
    """What each model is called; Streamlit takes the last of options that read the same."""
    counted = Counter(model.full_label for model in catalog.models)
    return {
        str(model.choice): model.full_label
        if counted[model.full_label] == 1
        else f"{model.full_label} · {model.choice.provider}"
        for model in catalog.models
    }


def _notice(before: _Drawn | None, now: _Drawn, labels: Mapping[str, str]) -> str:
    """What to tell whoever saw `before`; nothing where they have chosen what is there now."""
    if before is None or now.option != _BY_DEFAULT:
        return ""
    if before.option == _BY_DEFAULT:
        if before.context != now.context:
            return ""
        if before.asked == now.asked:
            return before.notice
    elif before.option in labels:
        return ""
    became = "offered" if before.asked not in labels else "the default"
    instead = f"Now chosen: “{now.label}”." if now.asked else "Nothing else is on offer."
    return f"“{before.label}” is no longer {became} since this page was drawn. {instead}"


def _explain(asked: OfferedModel | None, default: ChosenModel | None, *, is_chosen: bool) -> None:
    """Say what to know of the model, and by whose word it is asked."""
    if asked:
        st.markdown(f":gray[{words.plain(asked.note)}]")
    if is_chosen:
        st.markdown(f":gray[{words.plain(_CHOSEN)}]")
    elif default:
        st.markdown(f":gray[{words.plain(_WHY[default.source])}]")
    if default and not asked:
        st.markdown(f":orange[:material/warning:] {words.plain(_NOT_LISTED)}")


def show_own_models(plan: Plan) -> None:
    """Say which phases ask another model than the run does, because the template gives them one of their own."""
    own = [f"{phase.name} asks {phase.model}" for phase in plan.phases if phase.model_source is ModelSource.PHASE]
    if own:
        text = f"With a model of their own, which comes before the run's: {'; '.join(own)}."
        st.markdown(f":gray[{words.plain(words.short(text, most=600))}]")
