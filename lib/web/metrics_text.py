"""The installation's health in the text format of Prometheus."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from lib import clock
from lib.backup.history import History
from lib.health.views import Growth, Health, StatementCounts
from lib.retention.views import OrganizationState

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_PREFIX: Final = "orchestrator"


def write_metrics(
    health: Health,
    growth: Growth,
    backups: History,
    *,
    statements: StatementCounts,
    removed: Mapping[str, int],
    retention: Sequence[OrganizationState],
) -> bytes:
    """One reading. `removed` has rows by kind, in the last thirty days."""
    registry = CollectorRegistry()
    registry.register(_Read(health))
    registry.register(_Asked(statements))
    registry.register(_Kept(growth, backups, removed, retention))
    return generate_latest(registry)


class _Read(Collector):
    """One reading as metrics: it is asked once and thrown away."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        health, now = self._health, clock.now()
        yield _gauge("live_workers", "Worker processes that live.", {(): health.live_workers})
        kinds = {(kind,): waiting.number for kind, waiting in health.work.items()}
        yield _gauge("work", "What goes on or waits, by kind.", kinds, "kind")
        ages = {
            (kind,): (now - waiting.since).total_seconds() for kind, waiting in health.work.items() if waiting.since
        }
        yield _gauge("work_oldest_seconds", "Since when the oldest of it does.", ages, "kind")
        connections = {(each.login, each.state or "unknown"): each.number for each in health.connections}
        yield _gauge("database_connections", "Connections to the database.", connections, "login", "state")
        longest = {
            (each.login, each.state or "unknown"): each.longest_ms / 1000
            for each in health.connections
            if each.longest_ms is not None
        }
        said = "For how long the longest transaction that is open goes on."
        yield _gauge("longest_transaction_seconds", said, longest, "login", "state")
        yield _gauge(
            "database_connections_most", "Connections that the server takes in all.", {(): health.most_connections}
        )
        pools = {(each.login, "in use"): each.in_use for each in health.pools}
        pools |= {(each.login, "idle"): each.idle for each in health.pools}
        yield _gauge("pool_connections", "Connections that this web process keeps.", pools, "login", "state")
        most = {(each.login,): each.most for each in health.pools}
        yield _gauge("pool_connections_most", "And how many it opens at most.", most, "login")
        tables = {(table.name,): table for table in health.tables}
        sizes = {key: table.bytes for key, table in tables.items()}
        yield _gauge("table_bytes", "Size of a table with its indexes.", sizes, "table")
        live = {key: table.live_rows for key, table in tables.items()}
        yield _gauge("table_live_rows", "Rows of a table, as the server counts them.", live, "table")
        dead = {key: table.dead_rows for key, table in tables.items()}
        yield _gauge("table_dead_rows", "Rows whose room is not free yet.", dead, "table")
        bloat = {key: table.bloat_bytes for key, table in tables.items() if table.bloat_bytes is not None}
        yield _gauge("table_bloat_bytes", "Free in a table, by how tightly its rows lay before.", bloat, "table")
        done = {(name, "vacuum"): table.vacuumed_at for (name,), table in tables.items()}
        done |= {(name, "analyze"): table.analyzed_at for (name,), table in tables.items()}
        moments = {key: moment.timestamp() for key, moment in done.items() if moment}
        said = "When a table was last cleaned up or analyzed, in seconds since 1970."
        yield _gauge("table_maintained_timestamp_seconds", said, moments, "table", "what")
        sizes = {(index.name,): index.bytes for index in health.indexes}
        yield _gauge("index_bytes", "Size of an index.", sizes, "index")
        scans = {(index.name,): index.scans for index in health.indexes}
        yield _gauge("index_scans", "How often an index was read.", scans, "index")


class _Asked(Collector):
    """What statements took, the same way; nothing where the server keeps no count of them."""

    def __init__(self, statements: StatementCounts) -> None:
        self._statements = statements

    def collect(self) -> Iterator[Metric]:
        sums = {(each.login,): each for each in self._statements.by_login}
        calls = {key: each.calls for key, each in sums.items()}
        yield _counter("statement_calls", "How often a login has asked the database anything.", calls, "login")
        seconds = {key: each.total_ms / 1000 for key, each in sums.items()}
        yield _counter("statement_seconds", "How long all that it asked took.", seconds, "login")
        often, long = defaultdict[tuple[str, str], int](int), defaultdict[tuple[str, str], float](float)
        for each in self._statements.slowest:  # one text may be there twice
            often[each.login, each.key] += each.calls
            long[each.login, each.key] += each.total_ms / 1000
        labels = ("login", "statement")
        yield _counter("slow_statement_calls", "Of the statements that took most of the time.", often, *labels)
        yield _counter("slow_statement_seconds", "How long each of these took in all.", long, *labels)


class _Kept(Collector):
    """What is kept, what was saved and what was removed, the same way."""

    def __init__(
        self, growth: Growth, backups: History, removed: Mapping[str, int], retention: Sequence[OrganizationState]
    ) -> None:
        self._growth, self._backups, self._removed, self._retention = growth, backups, removed, retention

    def collect(self) -> Iterator[Metric]:
        growth, newest, age = self._growth, self._backups.newest, self._backups.age
        yield _gauge("database_bytes", "Size of the whole database.", {(): growth.bytes})
        if growth.bytes_a_week is not None:
            said = "By what it has grown in a week, of the last month."
            yield _gauge("database_growth_bytes", said, {(): growth.bytes_a_week})
        if growth.free_bytes is not None:
            yield _gauge("database_free_bytes", "Free on the disk of the database.", {(): growth.free_bytes})
        yield _gauge("backups", "Backups in the folder, damaged ones among them.", {(): len(self._backups.backups)})
        if newest and age is not None:
            yield _gauge("backup_age_seconds", "Since the newest whole backup was made.", {(): age.total_seconds()})
            yield _gauge("backup_bytes", "Size of the newest whole backup.", {(): newest.bytes})
            if newest.seconds is not None:
                yield _gauge("backup_seconds", "What making the newest whole backup took.", {(): newest.seconds})
            if newest.verified_at is not None:
                said = "When the newest whole backup was last read and found whole, in seconds since 1970."
                yield _gauge("backup_verified_timestamp_seconds", said, {(): newest.verified_at.timestamp()})
        removed = {(kind,): rows for kind, rows in self._removed.items()}
        yield _gauge("retention_removed_rows", "Rows that retention removed in thirty days.", removed, "kind")
        failures = sum(kind.failed_at is not None for state in self._retention for kind in state.kinds)
        yield _gauge("retention_failures", "What could not be removed, and is tried each hour.", {(): failures})
        stopped = sum(kind.broken_seal is not None for state in self._retention for kind in state.kinds)
        said = "Trails of which nothing more is removed, for a seal does not hold."
        yield _gauge("retention_stopped", said, {(): stopped})
        yield _gauge("legal_holds", "Legal holds that are open.", {(): sum(state.holds for state in self._retention)})


def _counter(name: str, said: str, values: Mapping[Any, float], *labels: str) -> Metric:
    """What only grows, until the server begins to count anew; its name ends in `_total`."""
    family = CounterMetricFamily(f"{_PREFIX}_{name}", said, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _gauge(name: str, said: str, values: Mapping[Any, float], *labels: str) -> Metric:
    """Its values by those of the labels."""
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", said, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
