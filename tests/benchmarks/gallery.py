from collections.abc import Callable
from functools import partial

from lib.access.actor import Actor
from lib.templates.gallery import count_templates_by_scope, list_gallery_words, list_templates
from lib.templates.queries import TemplateFilter
from lib.templates.views import TemplateSort
from lib.ui.filtering import MOST_COUNTED
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, median_of, milliseconds
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.filling import analyze, fill_templates

#: Half of them are of the reader's organization, half are public ones of another.
TEMPLATES = 20_000
ROUNDS, DEEP = 15, 40
#: Milliseconds.
MOST = 100
SEARCHES = {"of many": "brief", "of one": "template 7777", "of nothing": "zeppelin"}
DATA = {"phases": [{"code": f"P{number}", "name": f"Step {number}", "prompt": "Words. " * 300} for number in range(8)]}


def main(ground: Ground) -> list[Figure]:
    """The gallery of 20,000 templates: searches, each order's first page and a deep one, what the page asks beside."""
    with ground.database() as database:
        cast = make_cast(database)
        _fill(database, cast)
        return [
            Figure(name=name, value=median_of(partial(milliseconds, ask), rounds=ROUNDS), unit="ms", most=MOST)
            for name, ask in _asked(cast.mona).items()
        ]


def _fill(database: ClonedDatabase, cast: Cast) -> None:
    reader, people = cast.organization_a, [cast.alice.user_id, cast.mona.user_id, cast.max.user_id]
    fill_templates(database, reader, people, count=TEMPLATES // 2, reader=reader, data=DATA)
    others = [cast.charlie.user_id]
    fill_templates(
        database, cast.organization_b, others, count=TEMPLATES // 2, reader=reader, data=DATA, is_public=True
    )
    analyze(database)


def _asked(reader: Actor) -> dict[str, Callable[[], object]]:
    def find(**chosen: str) -> Callable[[], object]:
        return partial(list_templates, reader, TemplateFilter(**chosen))  # type: ignore[arg-type]  # no scope among them

    def count(search: str) -> Callable[[], object]:
        return partial(count_templates_by_scope, reader, TemplateFilter(search=search), most=MOST_COUNTED)

    asked = {f"search {name}": find(search=text) for name, text in SEARCHES.items()}
    asked["search, counted by scope"] = count("brief")
    for sort in TemplateSort:
        asked[f"{sort}, first page"] = partial(list_templates, reader, sort=sort)
        asked[f"{sort}, page {DEEP}"] = partial(list_templates, reader, sort=sort, cursor=_deep(reader, sort))
    asked |= {"of a category": find(category="research"), "of a tag": find(tag="tag-7")}
    return asked | {"counted by scope": count(""), "categories and tags": partial(list_gallery_words, reader)}


def _deep(reader: Actor, sort: TemplateSort) -> str:
    page = list_templates(reader, sort=sort)
    for _ in range(DEEP - 2):
        page = list_templates(reader, sort=sort, cursor=page.older)
    assert page.older
    return page.older
