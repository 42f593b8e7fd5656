"""Random people of three organizations do random things, to their own and to everybody else's, one after the other.

Meanwhile some are promoted, lowered and let go, and whole organizations suspended; pages that were opened before that
act as they were. Whatever comes of it is judged by the database's state of that moment: nothing is answered that the
person may not read, nothing changes that they may not change, and what is refused is refused in our own words.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from sqlalchemy.exc import DBAPIError

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.errors import NotPermitted, OrchestratorError
from lib.exports import ExportFormat
from lib.identity import passwords, sessions
from lib.organizations import operator
from lib.projects.service import ProjectEntry
from lib.users.rights import Rights
from tests import doors
from tests.architecture.sources import application
from tests.cast import PASSWORD
from tests.doors import Connection
from tests.mailbox import mail_server
from tests.own_endpoint import llm
from tests.tenancy.deed import OPERATOR, Choice, Deed
from tests.tenancy.deeds import DEEDS, GIVING, PURE
from tests.tenancy.ground import MARKS, Ground, Target, ground
from tests.tenancy.hidden import hidden_from
from tests.tenancy.ledger import Doer, Rows, is_allowed, read_changes, read_rows

__all__ = ["ground", "llm", "mail_server"]

PEOPLE: Final = 4 * len(MARKS)
#: What people type, and what they would rather not have found in a name.
TEXTS: Final = (
    "Plain words",
    "",
    "<b>bold</b> [a](https://evil.example)",
    "nul\x00",
    "\u202eturned",
    "ze\u200bro",
    "x" * 300,
)
#: What happens beside the deeds, in SQL; `%s` is a person.
EVENTS: Final[Mapping[str, str]] = {
    **{f"becomes {role}": f"UPDATE users SET role = '{role}', permissions = '[]' WHERE id = %s" for role in Role},
    "is let go": "UPDATE users SET deactivated_at = now() WHERE id = %s",
    "is let in again": "UPDATE users SET deactivated_at = NULL WHERE id = %s",
    "is suspended with all of theirs": "UPDATE organizations SET suspended_at = now(), suspension_reason = 'unpaid' "
    "WHERE id = (SELECT organization_id FROM users WHERE id = %s)",
}
#: How an example begins, in SQL.
BEGINNINGS: Final[Mapping[str, str]] = {
    "members see only what they made": "UPDATE organizations SET settings = settings || "
    """'{"security_settings": {"members_see_own_only": true}}'""",
    "some who are no admins deal with people": "UPDATE users SET permissions = "
    """'["users.view", "users.invite", "users.edit", "users.deactivate"]' WHERE role IN ('manager', 'member')""",
}
NOT_ALLOWED: Final = "42501"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to somebody by nobody's deed of these."""

    name: str
    who: int
    granted: tuple[str, ...]

    def happen(self, connection: Connection, user_id: UUID) -> None:
        connection.execute(EVENTS[self.name].encode(), [user_id])
        if self.granted:
            connection.execute("UPDATE users SET permissions = %s WHERE id = %s", [Jsonb([*self.granted]), user_id])


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody does something, on a page of this moment or on one that was opened at the beginning."""

    deed: Deed
    who: int
    is_open_page: bool
    #: Which organization's things, their own where it is None; the last are nobody's.
    whose: int | None
    cursor: int
    entered: dict[str, Any] = field(hash=False)


_PERMISSIONS = st.lists(st.sampled_from([*Permission]), max_size=2, unique=True).map(tuple)
_EVENT = st.builds(Event, st.sampled_from([*EVENTS]), st.integers(0, PEOPLE - 1), st.just(()) | _PERMISSIONS)


def _steps(deeds: Sequence[Deed]) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        deed=st.sampled_from(deeds),
        who=st.integers(0, PEOPLE - 1),
        is_open_page=st.booleans(),
        whose=st.none() | st.integers(0, len(MARKS)),
        cursor=st.just(0) | st.integers(0, 20),
        entered=st.fixed_dictionaries(
            {
                "text": st.sampled_from(TEXTS) | st.text(max_size=40),
                "role": st.sampled_from([*Role, "owner"]),
                "permissions": st.sampled_from([(), (), ("everything",)]) | _PERMISSIONS,
                "file_format": st.sampled_from([ExportFormat.CSV, ExportFormat.JSON]),
                "password": st.sampled_from([PASSWORD, "a wrong one"]),
            }
        ),
    )


#: Half are any deeds, a third those that give rights. Each is made anew: hypothesis takes what stands twice for one.
_HAPPENINGS = st.lists(
    st.one_of([_steps(deeds) for deeds in (DEEDS, DEEDS, DEEDS, GIVING, GIVING)] + [_EVENT]), min_size=20, max_size=50
)


@dataclass(frozen=True, slots=True)
class World:
    """The ground as it is by now."""

    ground: Ground
    administrator: Connection

    def take(self, step: Step) -> None:
        """Do it, and judge what came of it."""
        actor, is_fresh = self._actor(step)
        before = read_rows(self.administrator)
        doer = Doer.read(before, actor.user_id)
        answer, error = _try(step.deed, actor, self._choose(step, actor, before))
        after = read_rows(self.administrator)
        self._judge_writes(step, doer, before, after)
        said = _said(answer, error)
        assert not [each for each in hidden_from(doer, before) if each in said], f"{step.deed} tells {said}"
        if is_fresh:
            self._judge_refusal(step, doer, answer, error)
        else:
            assert not isinstance(error, DBAPIError) or error.orig.sqlstate == NOT_ALLOWED, error

    def _actor(self, step: Step) -> tuple[Actor, bool]:
        """Who acts, and whether it is who they are now."""
        opened = self.ground.actors[step.who]
        found = sessions.find_actor(self.ground.secrets[opened.session_id], origin=opened.origin)
        if found is not None and not step.is_open_page:
            return found, True
        was_operator = step.deed.permission == OPERATOR and step.deed.use_case is not operator.require_operator
        return replace(opened, is_operator=was_operator), False

    def _target(self, step: Step) -> Target:
        own = self.ground.actors[step.who].organization_id
        targets = self.ground.targets
        return (
            next(each for each in targets if each.organization_id == own) if step.whose is None else targets[step.whose]
        )

    def _choose(self, step: Step, actor: Actor, rows: Rows) -> Choice:
        target = self._target(step)
        member = rows["users"].get(str(target.member_id))
        return Choice(
            target=target,
            seen=Rights.read(member["role"], member["permissions"]) if member else Rights(Role.MEMBER),
            own_name=rows["organizations"][str(actor.organization_id)]["name"],
            project_seen=_project_of(rows, target),
            cursor=self.ground.cursors[step.cursor % len(self.ground.cursors)],
            **step.entered,
        )

    def _judge_writes(self, step: Step, doer: Doer, before: Rows, after: Rows) -> None:
        for change in read_changes(before, after):
            assert is_allowed(doer, change), (
                f"{step.deed} by a {doer.role} changed {sorted(change.columns)} of {change.table}: {change.row}"
            )
        assert _with_an_admin(before) <= _with_an_admin(after), "nobody is left who can let others in"

    def _judge_refusal(self, step: Step, doer: Doer, answer: object, error: Exception | None) -> None:
        """Of somebody whose page knows who they are."""
        assert error is None or isinstance(error, OrchestratorError), error
        needed, is_own = (
            step.deed.permission,
            str(self._target(step).organization_id) == doer.organization_id,
        )
        if needed == OPERATOR:
            assert isinstance(error, NotPermitted)
        elif needed is not None and not doer.may(Permission(needed), doer.user_id if step.deed.is_by_maker else None):
            assert error is not None, f"a {doer.role} may not: {step.deed}"
        if step.deed.is_to_a_thing and not is_own:
            assert error is not None or not getattr(answer, "items", answer), (
                f"a stranger's thing was found: {step.deed}"
            )


def _project_of(rows: Rows, target: Target) -> ProjectEntry:
    """What the target's project says; nothing where it is gone."""
    row = rows["projects"].get(str(target.project_id)) or {"name": "", "topic": "", "description": ""}
    return ProjectEntry(name=row["name"], topic=row["topic"], description=row["description"] or "")


def _try(deed: Deed, actor: Actor, choice: Choice) -> tuple[object, Exception | None]:
    try:
        return deed.do(actor, choice), None
    except (OrchestratorError, DBAPIError) as error:
        return None, error


def _said(answer: object, error: Exception | None) -> str:
    if isinstance(answer, bytes):
        return answer.decode()
    return f"{answer!r} {error}"


def _with_an_admin(rows: Rows) -> set[str]:
    return {
        user["organization_id"]
        for user in rows["users"].values()
        if user["role"] == Role.ADMIN and user["deactivated_at"] is None
    }


@contextmanager
def _unwatched(administrator: Connection) -> Iterator[None]:
    """A transaction whose changes no trigger sees: they happen beside the deeds, and are nobody's."""
    with administrator.transaction():
        administrator.execute("SET LOCAL session_replication_role = replica")
        yield


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.mark.timeout(600)
# Long texts make long lists: hypothesis warns of what it would print of one that fails.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
# Without Phase.shrink, which takes minutes here: a list that fails is short enough to be read as it is.
@settings(
    max_examples=18,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    happenings=_HAPPENINGS,
    beginning=st.sampled_from([*BEGINNINGS]),
)
def test_no_deed_of_anybody_leaks_or_writes_what_is_not_theirs(
    ground: Ground, happenings: list[Step | Event], *, beginning: str
) -> None:
    with ground.copied() as copy, doors.admin(copy) as administrator:
        administrator.autocommit = True
        with _unwatched(administrator):
            administrator.execute(BEGINNINGS[beginning].encode())
        world = World(ground, administrator)
        for happening in happenings:
            if isinstance(happening, Step):
                world.take(happening)
                continue
            with _unwatched(administrator):
                happening.happen(administrator, ground.actors[happening.who].user_id)


def test_each_deed_goes_through_for_who_may(ground: Ground) -> None:
    """Or the test above would say nothing of it: an admin is refused what is an operator's or another's, and a code."""
    admin, waiting = ground.actors[0], [*DEEDS]
    refused = set()
    while waiting:
        with ground.copied() as copy, doors.admin(copy) as administrator:
            administrator.autocommit = True
            before, target = read_rows(administrator), ground.targets[0]
            while waiting:
                deed = waiting.pop()
                choice = Choice(
                    target=target, own_name=admin.organization_name, project_seen=_project_of(before, target)
                )
                if _try(deed, admin, choice)[1] is not None:
                    refused.add(str(deed))
                if any(read_changes(before, read_rows(administrator))):
                    break  # the next one begins with a ground that nothing was done to
    only_the_makers = {"lib.templates.publishing.withdraw", "lib.runs.commenting.service.edit_comment"}
    codes = {f"lib.identity.second_factor.{name}" for name in ("confirm", "renew_codes", "turn_off")}
    assert refused == codes | only_the_makers | {str(deed) for deed in DEEDS if deed.permission == OPERATOR}


def test_every_use_case_of_a_person_is_a_deed() -> None:
    """Whatever takes an actor first, outside of pages and routes."""
    found = set()
    for module in application():
        if module.name.startswith("lib.") and not module.name.startswith(("lib.ui.", "lib.web.", "lib.cli.")):
            found |= {f"{module.name}.{name}" for name in _use_cases(module.name)}
    assert found - PURE == {str(deed) for deed in DEEDS}


def _use_cases(name: str) -> list[str]:
    module = __import__(name, fromlist=["_"])
    public = inspect.getmembers(module, inspect.isfunction)
    return [each for each, function in public if function.__module__ == name and each[0] != "_" and _is_asked(function)]


def _is_asked(function: Callable[..., Any]) -> bool:
    """Whether its first parameter is somebody who asks: an Actor, or an Actor or somebody else."""
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and Actor in {first.annotation, *getattr(first.annotation, "__args__", ())}
