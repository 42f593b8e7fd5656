"""Two thousand runs into an archive and back, and ten times as many: how long that takes, and what of memory.

Also for how long nobody can place a legal hold meanwhile, and how long Restore takes at the button, of up to a million.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import psutil
import psycopg

from lib.archives.service import ask_archive, ask_restore, list_archives
from lib.models.archive import ArchiveStatus
from tests.benchmarks.ground import Ground, workers
from tests.benchmarks.measuring import Figure
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.factories import make_project
from tests.filling import analyze
from tests.made_archives import make_archive_row

SIZES, PHASES = (2_000, 20_000), 7
#: Bytes of an answer, as models write them.
_ANSWER: Final = 2_000
_LOOK_SECONDS: Final = 0.05
#: Runs of an archive that somebody restores, and how often.
PRESSED, TIMES = (10_000, 100_000, 1_000_000), 7
#: As api.keep_archive takes it.
_LOCKED: Final = (
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 4718 AND objsubid = 2 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_RUNS: Final = """
    INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, title, status, total_phases,
                                    completed_phases, plan, inputs, model, created_at, started_at, completed_at,
                                    results)
    SELECT %(organization)s, %(project)s, %(person)s, 'A bicycle', 'Run ' || n, 'completed', %(phases)s, %(phases)s,
           '{}', '{}', 'local:small', now(), now(), now(),
           jsonb_build_object('phases', jsonb_build_object('Phase 0', %(words)s || n))
      FROM generate_series(1, %(runs)s) n
"""
_PHASES: Final = """
    INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, status, position, model, prompt_text,
                                  response_text, started_at, completed_at, execution_time_ms)
    SELECT organization_id, id, 'Phase ' || p, 'Step ' || p, 'completed', p, model, 'Ideas for ' || topic,
           (SELECT string_agg(md5(id::text || p || i), ' ') FROM generate_series(1, %(answer)s / 33) i), now(), now(),
           5000
      FROM orchestration_runs, generate_series(0, %(phases)s - 1) p
"""


_IDS: Final = """
    INSERT INTO archived_runs (run_id, archive_id, organization_id)
    SELECT gen_random_uuid(), id, organization_id FROM archives, generate_series(1, %s) WHERE id = %s
"""


def main(ground: Ground) -> list[Figure]:
    """Real workers, as in an installation."""
    figures: list[Figure] = []
    for runs in SIZES:
        with ground.database() as database:
            cast = make_cast(database)
            project_id = make_project(database, cast.alice)
            _fill(database, cast, project_id, runs)
            figures += _measure(database, cast, project_id, runs)
    with ground.database() as database:
        cast = make_cast(database)
        figures += [_press(database, cast, runs) for runs in PRESSED]
    return figures


def _press(database: ClonedDatabase, cast: Cast, runs: int) -> Figure:
    """The archive is but a row and the ids of its runs, which is all that is there at the button."""
    project_id = make_project(database, cast.alice, name=f"Project of {runs} runs")
    archive_id = make_archive_row(database, cast.alice, project_id=project_id, run_ids=[], run_count=runs)
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_IDS, (runs, archive_id))
        connection.execute("VACUUM ANALYZE archived_runs")
        seconds = []
        for _ in range(TIMES):
            began = time.perf_counter()
            ask_restore(cast.alice, archive_id)
            seconds.append(time.perf_counter() - began)
            connection.execute("UPDATE archives SET status = 'made' WHERE id = %s", (archive_id,))
    return Figure(name=f"archives: Restore pressed, {runs:,} runs", value=1e3 * statistics.median(seconds), unit="ms")


def _fill(database: ClonedDatabase, cast: Cast, project_id: UUID, runs: int) -> None:
    values = {"organization": cast.organization_a, "project": project_id, "person": cast.alice.user_id, "runs": runs}
    values |= {"phases": PHASES, "answer": _ANSWER, "words": "Words of an answer. " * 100}
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_RUNS, values)
        connection.execute(_PHASES, values)
        connection.execute("UPDATE projects SET status = 'completed'")
    analyze(database)


def _measure(database: ClonedDatabase, cast: Cast, project_id: UUID, runs: int) -> Iterator[Figure]:
    with workers(database) as (worker,), _Watch(worker, database) as watch:
        at_rest = watch.most
        archive_id = ask_archive(cast.alice, project_id)
        seconds = _wait(cast, project_id, ArchiveStatus.MADE)
        (archive,) = list_archives(cast.alice, project_id).archives
        note = f"{runs * PHASES:,} phases, {(archive.bytes or 0) / 1e6:.0f} MB, {1e3 * seconds / runs:.2f} ms a run"
        yield Figure(name=f"archives: {runs:,} runs made", value=seconds, unit="s", note=note)
        yield Figure(name=f"archives: {runs:,} runs, no hold can be placed", value=watch.locked, unit="s")
        ask_restore(cast.alice, archive_id)
        seconds = _wait(cast, project_id, ArchiveStatus.RESTORED)
        note = f"{1e3 * seconds / runs:.2f} ms a run"
        yield Figure(name=f"archives: {runs:,} runs restored", value=seconds, unit="s", note=note)
        name = f"archives: {runs:,} runs, memory of the worker, at most"
        yield Figure(name=name, value=watch.most / 1e6, unit="MB", note=f"{at_rest / 1e6:.0f} MB at rest")


def _wait(cast: Cast, project_id: UUID, status: ArchiveStatus) -> float:
    began = time.perf_counter()
    while (archive := list_archives(cast.alice, project_id).archives[0]).status is not status:
        assert archive.failure is None, archive.failure
        time.sleep(0.1)
    return time.perf_counter() - began


class _Watch:
    """The most memory that a process has had since, and for how long somebody has kept holds from being placed."""

    def __init__(self, process: psutil.Process, database: ClonedDatabase) -> None:
        self._process, self._database = process, database
        self.most = process.memory_info().rss
        self.locked = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        with psycopg.connect(self._database.admin_url, autocommit=True) as connection:
            while not self._is_over.wait(_LOOK_SECONDS):
                self.most = max(self.most, self._process.memory_info().rss)
                if connection.execute(_LOCKED).fetchone():
                    self.locked += _LOOK_SECONDS
