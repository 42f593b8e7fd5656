import statistics
from collections.abc import Callable
from functools import partial

import psycopg

from lib.access.actor import Actor
from lib.models.project import Priority, ProjectStatus
from lib.projects.lists import count_projects_by_status
from lib.projects.queries import ProjectFilter
from lib.projects.service import list_projects
from lib.projects.views import ProjectSort
from lib.ui.filtering import MOST_COUNTED
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, milliseconds
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.filling import analyze, fill_one

FEW, MANY = 100, 100_000
ROUNDS, WARM_UP = 60, 5
#: Of what is read from the tables' middle there is nothing among a hundred: so many pages on is deep.
DEEP, ON_A_PAGE = 400, 100
#: A page has fifty of them, however many there are.
MOST = 1.25
#: Milliseconds: a search reads the texts of so many projects, and no more (lib.projects.queries.MOST_SEARCHED).
MOST_SEARCH = 100
FILTERS = {
    "urgent": ProjectFilter(priority=Priority.URGENT),
    "failed": ProjectFilter(status=ProjectStatus.FAILED),
    "active and urgent": ProjectFilter(status=ProjectStatus.ACTIVE, priority=Priority.URGENT),
}
SEARCHES = {"of many": "Project", "of nothing": "zeppelin"}

# one in ten thousand is urgent, and each was worked on and paid for
_MARK = (
    "UPDATE projects SET "
    "priority = CASE WHEN name LIKE '%9999' OR name = 'Project 99' THEN 'urgent' ELSE 'medium' END, "
    "last_run_at = created_at, spent_millionths = (random() * 100000000)::bigint"
)


def main(ground: Ground) -> list[Figure]:
    """The list of projects of an organization of a hundred and of one of a hundred thousand, and their ratio."""
    with ground.database() as database:
        cast = make_cast(database)
        for actor, projects in ((cast.charlie, FEW), (cast.alice, MANY)):
            fill_one(database, actor.organization_id, actor.user_id, projects=projects, runs=2 * projects)
        _mark(database)
        analyze(database)
        figures = [figure for sort in ProjectSort for figure in _compare(sort, partial(_read, sort), cast)]
        for name, chosen in FILTERS.items():
            figures += _compare(name, partial(_narrow, chosen), cast)
        for name, text in SEARCHES.items():
            figures += _compare(f"search {name}", partial(_search, text), cast, is_bounded=True)
        return [*figures, *_deep(cast.alice)]


def _mark(database: ClonedDatabase) -> None:
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_MARK.encode())


def _compare(name: str, ask: Callable[[Actor], object], cast: Cast, *, is_bounded: bool = False) -> list[Figure]:
    """In turns, so that both meet the same machine."""
    actors = (cast.charlie, cast.alice)
    rounds = [[milliseconds(partial(ask, actor)) for actor in actors] for _ in range(WARM_UP + ROUNDS)]
    its = [statistics.median(each) for each in zip(*rounds[WARM_UP:], strict=True)]
    most = MOST_SEARCH if is_bounded else None
    ratio = None if is_bounded else MOST
    return [
        Figure(name=f"{name}, {FEW:,} projects", value=its[0], unit="ms"),
        Figure(name=f"{name}, {MANY:,} projects", value=its[1], unit="ms", most=most),
        Figure(name=f"{name}, {MANY:,} against {FEW:,}", value=its[1] / its[0], unit="x", most=ratio),
    ]


def _read(sort: ProjectSort, actor: Actor) -> None:
    """What the page asks of projects: the first page, and how many there are of each status."""
    list_projects(actor, sort=sort)
    count_projects_by_status(actor, ProjectFilter(), most=MOST_COUNTED)


def _narrow(chosen: ProjectFilter, actor: Actor) -> None:
    for sort in (ProjectSort.NEWEST, ProjectSort.NAME):
        list_projects(actor, chosen, sort=sort)
    count_projects_by_status(actor, chosen, most=MOST_COUNTED)


def _search(text: str, actor: Actor) -> None:
    list_projects(actor, ProjectFilter(search=text))
    count_projects_by_status(actor, ProjectFilter(search=text), most=MOST_COUNTED)


def _deep(actor: Actor) -> list[Figure]:
    """A page in the middle of the list, and the one before it."""
    found = []
    for sort in ProjectSort:
        page = list_projects(actor, sort=sort)
        for _ in range(DEEP):
            page = list_projects(actor, sort=sort, cursor=page.older, limit=ON_A_PAGE)
        for name, cursor in (("on", page.older), ("back", page.newer)):
            ask = partial(list_projects, actor, sort=sort, cursor=cursor)
            took = statistics.median(milliseconds(ask) for _ in range(9))
            found.append(Figure(name=f"{sort}, after {DEEP * ON_A_PAGE:,}, {name}", value=took, unit="ms"))
    return found
