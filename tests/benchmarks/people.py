import statistics

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.ui import navigation
from tests.benchmarks.browser import BrowserTab
from tests.benchmarks.ground import Ground, web_process
from tests.benchmarks.measuring import Figure
from tests.benchmarks.page_loads import WARM_UP, record_page_load, replaying
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.filling import analyze, fill_people

RERUNS, QUERY_ROUNDS = 40, 100
FEW, MANY = 4, 400
#: A page has at most so many of them, however many there are.
MOST = 1.25


def main(ground: Ground) -> list[Figure]:
    """The Users page of an organization of four and of one of four hundred, and their ratio: queries, and a rerun."""
    with ground.database() as database:
        cast = make_cast(database)
        # organization A has four people already; B, who was charlie alone, gets the others
        fill_people(database, cast.organization_b, people=MANY - 1)
        analyze(database)
        queries = _compare_queries(database, cast)
        with web_process() as (_, url):
            return [*queries, *_compare(url, cast)]


def _compare_queries(database: ClonedDatabase, cast: Cast) -> list[Figure]:
    """What the page asks the database, sent again without the page, in turns."""
    loads = [record_page_load(navigation.USERS, cast.secret_of(who), {}) for who in (cast.alice, cast.charlie)]
    with replaying(database) as replay:
        rounds = [[replay.send(load) for load in loads] for _ in range(WARM_UP + QUERY_ROUNDS)][WARM_UP:]
    few, many = ([sum(one.wall for one in load) for load in loads] for loads in zip(*rounds, strict=True))
    return [
        Figure(name=f"queries, {FEW} people: wall", value=statistics.median(few), unit="ms"),
        Figure(name=f"queries, {MANY} people: wall", value=statistics.median(many), unit="ms"),
        Figure(
            name=f"queries, {MANY} against {FEW}",
            value=statistics.median(its / one for one, its in zip(few, many, strict=True)),
            unit="x",
        ),
    ]


def _compare(url: str, cast: Cast) -> list[Figure]:
    """In turns, so that both meet the same machine; a page of the many has 25 rows, which are drawn as well."""
    tabs = {FEW: _open(url, cast, cast.alice), MANY: _open(url, cast, cast.charlie)}
    with tabs[FEW] as few, tabs[MANY] as many:
        for tab in (few, many):
            tab.run()
            tab.run()
        pairs = [(few.run().milliseconds, many.run().milliseconds) for _ in range(RERUNS)]
    took = [statistics.median(each) for each in zip(*pairs, strict=True)]
    return [
        Figure(name=f"users, {FEW} people: wall", value=took[0], unit="ms"),
        Figure(name=f"users, {MANY} people: wall", value=took[1], unit="ms"),
        Figure(name=f"users, {MANY} against {FEW}", value=took[1] / took[0], unit="x", most=MOST),
    ]


def _open(url: str, cast: Cast, actor: Actor) -> BrowserTab:
    cookie = f"{session_cookie_name()}={cast.secret_of(actor)}"
    return BrowserTab(url, navigation.USERS, cookie=cookie)
