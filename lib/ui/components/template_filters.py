"""What the gallery of templates is narrowed to: whose they are, words, category and tag."""

from collections.abc import Mapping
from typing import Final

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.templates.gallery import count_templates_by_scope, list_gallery_words
from lib.templates.queries import TemplateFilter
from lib.templates.views import TemplateScope, TemplateSort
from lib.ui.components import status
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters
from lib.ui.words import line

_SORTS: Final[Mapping[str, str]] = {
    TemplateSort.MOST_USED: "Most used",
    TemplateSort.NEWEST: "Newest",
    TemplateSort.NAME: "By name",
    TemplateSort.SUCCESS: "Success rate",
    TemplateSort.CHEAPEST: "Cheapest",
    TemplateSort.QUICKEST: "Quickest",
}
#: Those that "All" stands for: what is retired is looked for by itself.
_OFFERED: Final = (TemplateScope.MINE, TemplateScope.ORGANIZATION, TemplateScope.PUBLIC)
#: More categories than these are chosen from a list.
_MOST_IN_SIGHT: Final = 12


def make_template_filters(actor: Actor) -> FilterBar:
    """What this person can choose; who may edit nothing has nothing to restore either."""
    categories, tags = list_gallery_words(actor)
    scopes = list(TemplateScope) if actor.may_some(Permission.TEMPLATES_EDIT) else _OFFERED
    return FilterBar(
        key="templates",
        splits={scope: status.TEMPLATE_SCOPE[scope] for scope in scopes},
        split=("scope", "Whose"),
        whole=_OFFERED,
        is_one_row=True,
        count=lambda chosen: count_templates_by_scope(actor, chosen_templates(chosen), most=MOST_COUNTED),
        sorts=_SORTS,
        placeholder="Search templates",
        choices=(
            Choice(
                "category",
                "Category",
                {category: _label(category) for category in categories},
                is_in_sight=len(categories) <= _MOST_IN_SIGHT,
            ),
            Choice("tag", "Tag", {tag: line(tag) for tag in tags}),
        ),
    )


def chosen_templates(chosen: Filters) -> TemplateFilter:
    """The same as the query takes it."""
    return TemplateFilter(
        scope=TemplateScope(chosen.split) if chosen.split else None,
        category=chosen.values.get("category"),
        tag=chosen.values.get("tag"),
        search=chosen.search,
    )


def _label(category: str) -> str:
    said = line(category)
    return said[:1].upper() + said[1:]
