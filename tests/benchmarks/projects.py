import statistics
from functools import partial

from lib.access.actor import Actor
from lib.projects.lists import count_projects_by_status
from lib.projects.queries import ProjectFilter
from lib.projects.service import list_projects
from lib.projects.views import ProjectSort
from lib.ui.filtering import MOST_COUNTED
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, milliseconds
from tests.cast import make_cast
from tests.filling import analyze, fill_one

FEW, MANY = 100, 100_000
ROUNDS, WARM_UP = 60, 5
#: A page has fifty of them, however many there are.
MOST = 1.25


def main(ground: Ground) -> list[Figure]:
    """The list of projects of an organization of a hundred and of one of a hundred thousand, and their ratio."""
    with ground.database() as database:
        cast = make_cast(database)
        for actor, projects in ((cast.charlie, FEW), (cast.alice, MANY)):
            fill_one(database, actor.organization_id, actor.user_id, projects=projects, runs=2 * projects)
        analyze(database)
        return [figure for sort in ProjectSort for figure in _compare(sort, cast.charlie, cast.alice)]


def _compare(sort: ProjectSort, few: Actor, many: Actor) -> list[Figure]:
    """In turns, so that both meet the same machine."""
    rounds = [[milliseconds(partial(_read, actor, sort)) for actor in (few, many)] for _ in range(WARM_UP + ROUNDS)]
    its = [statistics.median(each) for each in zip(*rounds[WARM_UP:], strict=True)]
    return [
        Figure(name=f"{sort}, {FEW:,} projects", value=its[0], unit="ms"),
        Figure(name=f"{sort}, {MANY:,} projects", value=its[1], unit="ms"),
        Figure(name=f"{sort}, {MANY:,} against {FEW:,}", value=its[1] / its[0], unit="x", most=MOST),
    ]


def _read(actor: Actor, sort: ProjectSort) -> None:
    """What the page asks of projects: the first page, and how many there are of each status."""
    list_projects(actor, sort=sort)
    count_projects_by_status(actor, ProjectFilter(), most=MOST_COUNTED)
