"""What is under a seal that does not hold stays, and what follows on it: removing it would remove what shows that."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from typer.testing import CliRunner

from lib.access.actor import Actor
from lib.audit.sealing import verify_organization
from lib.audit.views import Reason, Verification
from lib.cli.commands import app
from lib.db.logins import Login
from lib.errors import Conflict
from lib.models.retention import RetentionKind
from lib.organizations.operator import CommandLine
from lib.retention import operator, service
from lib.retention.operator import accept_seal, read_retention
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import Tamper, make_many, seal, tamper, write_entries
from tests.made_retention import remove_all, set_retention, settle_retention, tomorrow
from tests.operated import cast, olga, together
from tests.records import row, rows

__all__ = ["cast", "olga", "tamper", "together"]

_DAY = 24.0
Sealed = dict[int, list[UUID]]
Harm = Callable[["Scene"], object]


@pytest.fixture
def sealed(installation: Installation, cast: Cast) -> Sealed:
    """Four stretches of alice's, of which three are older than they are kept."""
    made = {}
    for number, days in enumerate((100, 80, 60, 10), start=1):
        made[number] = write_entries(installation.database, cast.alice, count=3, hours_ago=days * _DAY)
        seal(installation.database, hours_ago=(days - 1) * _DAY)
    set_retention(installation.database, cast.organization_a, audit_days=40)
    return made


def verify(cast: Cast) -> Verification:
    state = verify_organization(cast.organization_a)
    while not state.is_done:
        state = verify_organization(cast.organization_a, state)
    return state


def broken(cast: Cast) -> list[tuple[int, list[Reason]]]:
    return [(fault.number, [*fault.reasons]) for fault in verify(cast).faults]


def left(installation: Installation, sealed: Sealed) -> list[int]:
    """The stretches of which anything is there."""
    found = {each["id"] for each in rows(installation, "SELECT id FROM audit_logs")}
    return [number for number, entries in sealed.items() if found & {*entries}]


def stops(installation: Installation, action: str = "retention.stop") -> list[int]:
    asked = f"SELECT new_values ->> 'seal' AS seal FROM audit_logs WHERE action = '{action}' ORDER BY id"
    return [int(each["seal"]) for each in rows(installation, asked)]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where somebody does harm, and how they can."""

    installation: Installation
    cast: Cast
    tamper: Tamper
    sealed: Sealed


@pytest.fixture
def scene(installation: Installation, cast: Cast, tamper: Tamper, sealed: Sealed) -> Scene:
    return Scene(installation, cast, tamper, sealed)


def change(number: int) -> Harm:
    return lambda scene: scene.tamper("UPDATE audit_logs SET action = 'x.y' WHERE id = %s", scene.sealed[number][1])


def remove(number: int) -> Harm:
    return lambda scene: scene.tamper("DELETE FROM audit_logs WHERE id = %s", scene.sealed[number][0])


def add(days: float) -> Harm:
    return lambda scene: write_entries(scene.installation.database, scene.cast.alice, hours_ago=days * _DAY)


def say(statement: str) -> Harm:
    return lambda scene: scene.tamper(statement)


@pytest.mark.parametrize(
    ("harm", "at"),
    [
        (change(1), 1),
        (remove(1), 1),
        (add(99.5), 1),
        (change(2), 2),
        (remove(3), 3),
        (say("UPDATE audit_seals SET sealed_at = now() WHERE number = 2"), 2),
        (say("UPDATE audit_seals SET hash = sha256('x') WHERE number = 1"), 1),
        (say("UPDATE audit_seals SET previous_hash = sha256('x') WHERE number = 3"), 3),
        (say("UPDATE audit_seals SET through_id = api.first_id(now() - interval '79 days') WHERE number = 2"), 2),
        (say("DELETE FROM audit_seals WHERE number = 1"), 2),
        (say("UPDATE audit_seals SET removed_at = now() WHERE number = 1"), 1),
    ],
)
def test_nothing_goes_from_the_first_seal_on_that_does_not_hold(scene: Scene, harm: Harm, at: int) -> None:
    installation, cast, sealed = scene.installation, scene.cast, scene.sealed
    harm(scene)
    before = broken(cast)
    assert before[0][0] == at
    for _ in range(2):
        remove_all(installation.database)
        assert broken(cast) == before
        assert set(left(installation, sealed)) >= {number for number in sealed if number >= at}
        tomorrow(installation.database)
    assert stops(installation) == [at], "it is said once, and not each night"
    progress = row(installation, "SELECT broken_seal, failed_at, ended_at IS NULL AS open FROM retention_progress")
    assert progress == {"broken_seal": at, "failed_at": None, "open": False}


def test_seals_before_it_are_removed(installation: Installation, cast: Cast, scene: Scene) -> None:
    sealed = scene.sealed
    change(3)(scene)
    remove_all(installation.database, rows=100)
    assert left(installation, sealed) == [3, 4]
    assert broken(cast) == [(3, [Reason.ROWS])]
    assert verify(cast).removed_seals == 2


@pytest.mark.parametrize("is_marked", [False, True])
def test_what_was_tampered_with_behind_a_removal_stops_the_next(
    installation: Installation, cast: Cast, scene: Scene, tamper: Tamper, is_marked: bool
) -> None:
    """Of a seal that is emptied: by a removal that tells of a later one, a mark that nobody told of would look told."""
    sealed = scene.sealed
    set_retention(installation.database, cast.organization_a, audit_days=90)
    remove_all(installation.database)
    assert left(installation, sealed) == [2, 3, 4]
    if is_marked:
        tamper("DELETE FROM audit_logs WHERE id = ANY (%s)", sealed[2])
        tamper("UPDATE audit_seals SET removed_at = now() WHERE number = 2")
    else:
        add(99.5)(scene)
    before = broken(cast)
    set_retention(installation.database, cast.organization_a, audit_days=40)
    remove_all(installation.database)
    assert broken(cast) == before != []
    assert 3 in left(installation, sealed)
    assert stops(installation) == [before[0][0]]


def test_it_goes_on_once_the_seal_holds_again(
    installation: Installation, cast: Cast, scene: Scene, tamper: Tamper
) -> None:
    sealed = scene.sealed
    change(1)(scene)
    remove_all(installation.database)
    tamper("UPDATE audit_logs SET action = 'projects.update' WHERE id = %s", sealed[1][1])
    tomorrow(installation.database)
    remove_all(installation.database)
    assert left(installation, sealed) == [4]
    assert broken(cast) == []
    assert service.find_broken_seal(cast.alice) is None


def test_operator_accepts_the_first_broken_seal_and_verifying_calls_it_broken_for_good(
    installation: Installation, cast: Cast, scene: Scene
) -> None:
    sealed = scene.sealed
    remove(2)(scene)
    change(3)(scene)
    for number in (1, 3, 4, 77):
        with pytest.raises(Conflict, match="not the first that does not hold"):
            accept_seal(cast.organization_a, number)
    accept_seal(cast.organization_a, 2)
    assert broken(cast) == [(2, [Reason.ROWS]), (3, [Reason.ROWS])], "it is there to be looked at"
    remove_all(installation.database)
    assert left(installation, sealed) == [3, 4]
    assert broken(cast) == [(2, [Reason.ACCEPTED]), (3, [Reason.ROWS])]
    assert (stops(installation), stops(installation, "retention.accept")) == ([3], [2])


def test_mark_of_acceptance_is_set_at_its_moment_and_nothing_beside_it(
    installation: Installation, sealed: Sealed
) -> None:
    with doors.login(installation.database, Login.OWNER) as connection:
        for column in ("accepted_at = now() - interval '1 day'", "accepted_at = now(), row_count = 0"):
            assert doors.refusal(connection, f"UPDATE audit_seals SET {column} WHERE number = 1") == "42501"


def test_preview_says_which_seal_stops_it_and_how_much_stays(
    installation: Installation, cast: Cast, scene: Scene, olga: Actor
) -> None:
    change(2)(scene)
    (audit,) = service.preview_retention(cast.alice)
    assert (audit.count, audit.seals, audit.broken_seal, audit.stopped) == (3, 1, 2, 6)
    assert [each.number for each in audit.ranges] == [1]
    assert service.find_broken_seal(cast.alice) is None, "nobody has tried"
    remove_all(installation.database)
    assert service.find_broken_seal(cast.alice) == 2
    for who in (olga, CommandLine()):
        states = {each.id: each for each in read_retention(who)}
        assert [kind.broken_seal for kind in states[cast.organization_a].kinds] == [None, None, 2]


def run(*arguments: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["retention", "--organization", "acme", *arguments])
    assert result.exit_code == int(fails), result.output
    return result.output


def test_command_line_stops_fails_and_accepts(installation: Installation, cast: Cast, scene: Scene) -> None:
    change(1)(scene)
    settle_retention(installation.database, cast.organization_a, audit_days=40)
    stop = "Seal 1 does not hold: nothing from there on is removed until an operator has looked."
    assert stop in run("--dry-run")
    said = run("--without-waiting", fails=True)
    assert stop in said
    assert "kept from that seal on: 9" in said
    assert "removed" not in said.replace("is removed until", "")
    assert stops(installation) == [1]
    said = run("--without-waiting", "--accept-seal", "1")
    assert "acme: seal 1 is accepted" in said
    assert "acme: removed 9 entries of the trail" in said
    assert broken(cast) == [(1, [Reason.ACCEPTED])]


def test_more_than_ten_thousand_are_counted_whole(installation: Installation, cast: Cast) -> None:
    make_many(installation.database, cast.alice, count=25_000, days_ago=90)
    while seal(installation.database, hours_ago=80 * _DAY, most=1):
        pass
    settle_retention(installation.database, cast.organization_a, audit_days=60)
    (audit,) = operator.preview_organization(cast.organization_a)
    assert (audit.kind, audit.count, audit.seals) == (RetentionKind.AUDIT, 25_000, 3)
    assert "25,000 entries of the trail from before" in run("--dry-run")
    assert "acme: removed 25,000 entries of the trail" in run("--without-waiting")


def test_seal_that_no_preview_reaches_stops_a_removal_all_the_same(
    installation: Installation, cast: Cast, tamper: Tamper
) -> None:
    (last,) = write_entries(installation.database, cast.alice, hours_ago=85 * _DAY)
    make_many(installation.database, cast.alice, count=60_000, days_ago=90)
    while seal(installation.database, hours_ago=80 * _DAY, most=1):
        pass
    tamper("UPDATE audit_logs SET action = 'x.y' WHERE id = %s", last)
    set_retention(installation.database, cast.organization_a, audit_days=60)
    said = run(fails=True)
    assert "60,001 entries of the trail from before" in said
    assert "acme: removed 60,000 entries of the trail" in said
    assert "Seal 7 does not hold" in said
    assert broken(cast) == [(7, [Reason.ROWS])]
