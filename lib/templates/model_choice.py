"""Which model a phase asks: the one table of whose word counts, used by the preview, the launch and the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lib.providers.base import ModelChoice


class ModelSource(StrEnum):
    """Who can name a model. In the order of precedence: the first that names one is heard."""

    #: The template, for this one phase.
    PHASE = "phase"
    #: Whoever launches the run.
    RUN = "run"
    #: The template, for all of its phases.
    TEMPLATE = "template"
    #: The project's `settings.default_ai_model`.
    PROJECT = "project"
    #: The organization's `settings.default_ai_model`.
    ORGANIZATION = "organization"
    #: Nobody: the first on offer.
    INSTALLATION = "installation"


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model that won, and by whose word."""

    choice: ModelChoice
    source: ModelSource


def choose_model(named: Mapping[ModelSource, str | None]) -> ChosenModel | None:
    """The model of whoever comes first among those that name one; None where nobody does.

    Whether it is on offer is not asked here: a name that counts is not passed over in silence for another one. Raises
    `InvalidInput` where the name is none of a model.
    """
    for source in ModelSource:
        if name := named.get(source):
            return ChosenModel(ModelChoice.parse(name), source)
    return None
