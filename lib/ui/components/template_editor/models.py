"""Which model a phase of a draft is written for: what it, its template or the organization names, else the first."""

from dataclasses import dataclass
from typing import Any

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.offers import read_offers
from lib.errors import InvalidInput
from lib.projects.structures import ProjectSettings
from lib.providers.base import ModelChoice, ModelTraits
from lib.providers.catalog import Catalog, get_traits
from lib.runs.launch import find_default_model
from lib.templates.editing.content import Content, get_phase
from lib.ui.words import line


@dataclass(frozen=True, slots=True)
class Models:
    """What is on offer to whoever edits; nothing to who may launch no run."""

    catalog: Catalog
    #: What the organization asks where nobody names another.
    default: ModelChoice | None

    def label(self, model: object) -> str:
        """A model as people choose it."""
        found = next((offer for offer in self.catalog.models if str(offer.choice) == model), None)
        return line(found.full_label if found else str(model))

    def options(self, stored: object) -> list[Any]:
        """What can be chosen: None first, and what is stored whether it is on offer or not."""
        return list(dict.fromkeys([None, *(str(offer.choice) for offer in self.catalog.models), stored or None]))

    def of_phase(self, content: Content, code: str) -> ModelChoice | None:
        """The model that the phase asks, but for what a run or a project says; None where there is none."""
        for named in (get_phase(content, code).get("model"), content["data"].get("model")):
            try:
                if named:
                    return ModelChoice.parse(str(named))
            except InvalidInput:
                return None
        return self.default

    def traits(self, choice: ModelChoice) -> ModelTraits:
        """How prompts for it are written."""
        return next((offer.traits for offer in self.catalog.models if offer.choice == choice), get_traits(choice))


def read_models(actor: Actor) -> Models:
    """What this person may choose from."""
    if not actor.may(Permission.ORCHESTRATIONS_RUN):
        return Models(Catalog((), ()), None)
    catalog = read_offers(actor)
    default = find_default_model(actor, catalog, project=ProjectSettings(), template_model=None)
    return Models(catalog, default.choice if default else None)
