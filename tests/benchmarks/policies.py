import statistics
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg

from lib.db import session
from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.ui.navigation import PAGES
from tests.benchmarks.ground import Ground, settings_with
from tests.benchmarks.instant_model import instant_model
from tests.benchmarks.measuring import Figure
from tests.benchmarks.page_loads import WARM_UP, Replay, Rounds, Spent, Transaction, record_page_load, replaying
from tests.benchmarks.unguarded import unguarded_copy
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.filling import analyze, fill, fill_one, fill_people
from tests.plans.plan import Sent
from tests.workspace import make_workspace

ORGANIZATIONS, RUNS_EACH, PEOPLE = 200, 500, 40
ROUNDS = 100
MOST = 1.1

_ANNOUNCING = "set_config('role'"


def main(ground: Ground) -> list[Figure]:
    """What each page sends, under the policies and in a copy of the database without any, in turn."""
    with ground.database() as database, instant_model() as model, settings_with(model):
        cast, shown = _fill(database)
        secret = cast.secret_of(cast.alice)
        loads = {page.url_path: record_page_load(page, secret, shown) for page in PAGES}
        session.dispose()
        with (
            unguarded_copy(database, cast.organization_a) as copy,
            replaying(database) as policies,
            replaying(copy) as explicit,
        ):
            return [figure for page, load in loads.items() for figure in _compare(page, load, policies, explicit)]


def _fill(database: ClonedDatabase) -> tuple[Cast, dict[str, UUID]]:
    """Many organizations, one of which has something on every page, and what the pages of one thing show."""
    cast = make_cast(database)
    with psycopg.connect(database.admin_url) as connection:  # every page is open to her
        connection.execute("UPDATE users SET is_operator = true WHERE id = %s", [cast.alice.user_id])
    publish_builtin_templates(database.url(Login.OWNER))
    made = make_workspace(database, cast.alice)
    fill(database, organizations=ORGANIZATIONS - 2, runs_each=RUNS_EACH)
    fill_one(database, cast.organization_a, cast.alice.user_id, projects=10, runs=RUNS_EACH)
    fill_people(database, cast.organization_a, people=PEOPLE)
    analyze(database)
    of_one = {"run": made.run.id, "project": made.project_id, "template": made.template_id}
    return cast, of_one | {"launch": made.project_id, "person": cast.max.user_id}


def _compare(page: str, load: Sequence[Transaction], policies: Replay, explicit: Replay) -> list[Figure]:
    """In turn, so that a disturbance meets both; who comes first changes, for the second may find a warmer cache."""
    under, without = Rounds(), Rounds()
    sides = [(policies, under), (explicit, without)]
    for number in range(WARM_UP + ROUNDS):
        for side, rounds in sides if number % 2 else reversed(sides):
            rounds.append(side.send(load))
    if [one.rows for one in under[0]] != [one.rows for one in without[0]]:
        raise RuntimeError(f"{page}: without policies it shows something else, so nothing can be compared")
    return _figures(page, [sent for transaction in load for sent in transaction], under[WARM_UP:], without[WARM_UP:])


def _figures(page: str, statements: Sequence[Sent], under: Rounds, without: Rounds) -> list[Figure]:
    asking = [number for number, sent in enumerate(statements) if _ANNOUNCING not in sent.statement]
    announcing = [number for number in range(len(statements)) if number not in asking]
    worst = max(asking, key=lambda number: _ratio(under, without, [number]))
    beginning = " ".join(statements[worst].statement.split())[:60]
    note = f"{len(asking)} statements; announcing who asks {_median(under, announcing):.2f} ms, {len(announcing)} times"
    return [
        Figure(name=f"{page}: policies", value=_median(under, asking), unit="ms", note=note),
        Figure(name=f"{page}: explicit WHERE", value=_median(without, asking), unit="ms"),
        Figure(name=f"{page}: ratio", value=_ratio(under, without, asking), unit="x", most=MOST),
        Figure(name=f"{page}: ratio of PostgreSQL's CPU", value=_ratio(under, without, asking, _cpu), unit="x"),
        Figure(name=f"{page}: worst statement", value=_ratio(under, without, [worst]), unit="x", note=beginning),
    ]


def _wall(spent: Spent) -> float:
    return spent.wall


def _cpu(spent: Spent) -> float:
    return spent.cpu


def _median(rounds: Rounds, numbers: Sequence[int]) -> float:
    """Milliseconds of these statements together."""
    return statistics.median(sum(spent[number].wall for number in numbers) for spent in rounds)


def _ratio(under: Rounds, without: Rounds, numbers: Sequence[int], taken: Callable[[Spent], float] = _wall) -> float:
    """Of these statements together, round by round: both halves of a round meet the same machine."""
    return statistics.median(
        sum(taken(one[number]) for number in numbers) / sum(taken(other[number]) for number in numbers)
        for one, other in zip(under, without, strict=True)
    )
