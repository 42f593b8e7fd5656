import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from lib.config import ROOT
from lib.db.logins import Login
from lib.webhooks.signing import make_secret, seal_secret
from tests.benchmarks.ground import Ground, settings_with, wait_until, workers
from tests.benchmarks.measuring import Figure, cpu_seconds
from tests.cast import make_organization
from tests.database import ClonedDatabase
from tests.ending import end

ENDPOINTS, DEAD, EVENTS = 50, 5, 10_000
#: Ten thousand in a minute and a half.
PER_SECOND = 110
MOST_DELAY_MS = 1_000

_DATA = json.dumps({"project": {"id": "019aaaaa-0000-7000-8000-000000000001", "name": "Hinges"}, "changed": []})
_EMIT = "SELECT api.emit_event(%s, 'project.created', %s, NULL)"
_OPEN = (
    "SELECT count(*) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id "
    "WHERE d.status <> 'delivered' AND w.description IS NULL"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the events go: each organization has one endpoint."""

    admin: psycopg.Connection[Any]
    organizations: Sequence[UUID]
    process: subprocess.Popen[str]
    notes: Path

    def emit(self, number: int) -> None:
        """An event of its own transaction, in turn for each organization."""
        self.admin.execute(_EMIT, [self.organizations[number % len(self.organizations)], _DATA])

    def read_delays_ms(self) -> list[float]:
        """From each event to its first arrival at a healthy endpoint, the shortest first."""
        self.process.terminate()
        self.process.wait(30)
        rows = self.admin.execute("SELECT id::text, extract(epoch FROM created_at)::float FROM webhook_events")
        happened: dict[str, float] = dict(rows.fetchall())
        arrived: dict[str, float] = {}
        for event_id, moment in json.loads(self.notes.read_text()):
            arrived.setdefault(event_id, moment)
        return sorted(1000 * (moment - happened[event_id]) for event_id, moment in arrived.items())


def main(ground: Ground) -> list[Figure]:
    """10,000 events to 50 endpoints, five of them dead, at a steady pace; and at once, to 45 healthy ones."""
    figures = []
    with _place(ground, dead=DEAD) as (place, database), workers(database) as (worker,):
        used = cpu_seconds(worker)
        began = time.monotonic()
        for number in range(EVENTS):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            place.emit(number)
        took = time.monotonic() - began
        wait_until(lambda: place.admin.execute(_OPEN).fetchone() == (0,), seconds=60)
        used = cpu_seconds(worker) - used
        delays = place.read_delays_ms()
        assert len(delays) == EVENTS * (ENDPOINTS - DEAD) // ENDPOINTS, "an event did not arrive"
        figures += [
            Figure(name="healthy endpoints, median delay", value=statistics.median(delays), unit="ms"),
            Figure(
                name="healthy endpoints, p95 delay",
                value=delays[int(len(delays) * 0.95)],
                unit="ms",
                most=MOST_DELAY_MS,
                note=f"{EVENTS / took:.0f} events a second, {DEAD} of {ENDPOINTS} endpoints dead",
            ),
            Figure(name="healthy endpoints, longest delay", value=delays[-1], unit="ms"),
            Figure(name="CPU of the worker a delivery", value=1000 * used / len(delays), unit="ms"),
        ]
    for count in (1, 2):
        with _place(ground, dead=0) as (place, database):
            for number in range(EVENTS):
                place.emit(number)
            began = time.monotonic()
            with workers(database, count):
                began = time.monotonic()
                before = _delivered(place)
                wait_until(lambda place=place: place.admin.execute(_OPEN).fetchone() == (0,), seconds=180)  # type: ignore[misc] # this round's
                took = time.monotonic() - began
            figures.append(
                Figure(name=f"deliveries a second, workers: {count}", value=(EVENTS - before) / took, unit="/s")
            )
            assert len(place.read_delays_ms()) == EVENTS
    return figures


def _delivered(place: _Place) -> int:
    found = place.admin.execute("SELECT count(*) FROM webhook_deliveries WHERE status = 'delivered'").fetchone()
    return int(found[0]) if found else 0


@contextmanager
def _place(ground: Ground, *, dead: int) -> Iterator[tuple[_Place, ClonedDatabase]]:
    with (
        ground.database() as database,
        settings_with({"ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS": "127.0.0.0/8"}),
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        psycopg.connect(database.admin_url, autocommit=True) as admin,
    ):
        notes = Path(folder) / "arrivals.json"
        command = [sys.executable, "-m", "tests.benchmarks.endpoints", str(ENDPOINTS), str(dead), str(notes)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                ports = json.loads(process.stdout.readline())
                organizations = [
                    _endpoint(database, admin, number, port, number < dead) for number, port in enumerate(ports)
                ]
                yield _Place(admin, organizations, process, notes), database
            finally:
                end(process)


def _endpoint(database: ClonedDatabase, admin: psycopg.Connection[Any], number: int, port: int, is_dead: bool) -> UUID:
    """An organization with an endpoint at that port; what is dead has a description."""
    with psycopg.connect(database.url(Login.IDENTITY)) as connection:
        organization_id = make_organization(connection, f"Organization {number}", slug=f"organization-{number}").id
    admin.execute(
        "INSERT INTO webhooks (organization_id, name, url, events, secret_key, description) "
        "VALUES (%s, 'Bench', %s, '{project.created}', %s, %s)",
        [
            organization_id,
            f"http://127.0.0.1:{port}/hook",
            seal_secret(make_secret(), organization_id=organization_id),
            "dead" if is_dead else None,
        ],
    )
    return organization_id
