"""Everything that can go wrong in a way a person may read and act on.

    OrchestratorError                  message: what happened and what to do, in plain words
    ├── ConfigurationError             a setting is missing or contradicts another one
    ├── SecretUnreadable               a stored secret does not open with this installation's keys
    ├── DatabaseUnavailable            PostgreSQL does not answer
    │   └── DatabaseBusy               it does not in time: somebody else holds what was asked for
    ├── DatabaseFull                   PostgreSQL has no room left on its disk
    ├── NotSignedIn                    no session, or one that has ended
    │   ├── OrganizationSuspended      one's whole organization is kept out for a while; says why
    │   ├── SignInRefused              wrong name or password, locked, deactivated: always the same words
    │   └── SecondFactorNeeded         the password is right, and a code is still to come
    ├── NotPermitted                   one's own organization's, but without the right
    │   ├── BeyondOwnRights            giving or taking more than one has oneself
    │   └── OperatorOnly               for whoever runs the installation
    ├── NotFound                       no such row, or another organization's: nobody is told which
    │   ├── AnotherOrganization        an address that is not one of the reader's organization
    │   └── FileGone                   a file that was written and is not there any more
    ├── InvalidInput                   a field is wrong; `field` names it
    │   ├── AlreadyTaken               somebody was first: slug, e-mail, user name
    │   ├── FieldsInvalid              several fields are wrong; `faults` say what of each
    │   ├── AnswersInvalid             a template's questions are not answered yet, or wrong; `faults` say which
    │   └── FileInvalid                a file can't be taken; `faults` say in which lines
    ├── LinkExpired                    a one-time link was used, replaced or is too old
    ├── Conflict                       the row has moved on since it was read
    │   ├── ChangedMeanwhile           somebody else has changed the same fields; `theirs` is what they are now
    │   └── RetriedAlready             somebody has run it again in the meantime
    ├── QuotaUsedUp                    the organization's calls to models for this month are used up
    ├── PlanNotSupported               a template asks for something that this version can't run yet
    ├── PlanInvalid                    a template contradicts itself; `field` names where
    └── ModelError                     a call to a model failed; see `lib/providers/errors.py` for its kinds

Whatever is not in this tree is a fault of ours and is shown as one, without details.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

#: A field by its names, from the column down: ("metadata", "budget").
FieldPath = tuple[str, ...]


class OrchestratorError(Exception):
    """The root of the tree. `str(error)` is what the person reads."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(OrchestratorError):
    """A setting is missing or contradicts another one."""


class SecretUnreadable(OrchestratorError):
    """A stored secret does not open: its key is not this installation's, or it is not what was sealed."""

    UNKNOWN_KEY = (
        "A stored secret was sealed with a key that this installation does not have. Whoever runs it sets the key of "
        "that time in ORCHESTRATOR_PREVIOUS_SECRET_KEYS and runs `orchestrator keys rotate`; or enter the secret again."
    )
    DAMAGED = "A stored secret is damaged, or was copied from another place, and does not open. Enter it again."


class DatabaseUnavailable(OrchestratorError):
    """PostgreSQL does not answer."""


class DatabaseBusy(DatabaseUnavailable):
    """Somebody else holds what was asked for, and did not let go of it in the time that a person waits."""


class DatabaseFull(OrchestratorError):
    """PostgreSQL has no room left on its disk; what it has is safe and can be read."""


class NotSignedIn(OrchestratorError):
    """No session, or one that has ended."""

    def __init__(self, message: str = "Your session has ended. Sign in again; what you were reading is kept.") -> None:
        super().__init__(message)


class OrganizationSuspended(NotSignedIn):
    """The password is right, but whoever runs the installation lets nobody of the organization in."""

    def __init__(self, reason: str) -> None:
        said = reason if reason.endswith((".", "!", "?")) else f"{reason}."
        super().__init__(
            f"Your organization is suspended: {said} Nothing is deleted, and its runs go on when the suspension ends. "
            "Until then, ask whoever runs this installation."
        )


class SignInRefused(NotSignedIn):
    """The same words whether the name is unknown, the password wrong or the person deactivated."""

    def __init__(self, message: str = "This name and password do not match. Check both and try again.") -> None:
        super().__init__(message)


class SecondFactorNeeded(NotSignedIn):
    """The password is right, and the person has a second factor: `pending` is good for trying codes with."""

    def __init__(self, pending: str) -> None:
        super().__init__("Your password is right. Enter a code of your authenticator app as well.")
        self.pending = pending


class NotPermitted(OrchestratorError):
    """The row is one's own organization's, but the right is missing."""

    def __init__(self, permission: str, message: str | None = None, *, who: object = None) -> None:
        # what people call the permission, and who has it, is the pages' to say: `lib.ui.components.permission_words`
        super().__init__(message or "You may not do this. Ask an admin of your organization to grant it.")
        self.permission = permission
        #: The `Actor` who was refused, where that is known: the trail notes it (`lib.audit.refusals`).
        self.who = who


class BeyondOwnRights(NotPermitted):
    """Nobody gives or takes a right that they do not have themselves."""

    def __init__(self, permission: str, *, who: object = None) -> None:
        message = (
            "This gives or takes rights beyond your own. You can hand on what you may do yourself; for more, ask an "
            "admin of your organization."
        )
        super().__init__(permission, message, who=who)


class RightsChanged(NotPermitted):
    """PostgreSQL refused what the person could still do when this began."""

    def __init__(self) -> None:
        message = "You may not do this any more: your rights have changed a moment ago. Reload to see what you may do."
        super().__init__("", message)


class OperatorOnly(NotPermitted):
    """No permission opens it: it is for whoever runs the installation."""

    def __init__(self, *, who: object = None) -> None:
        super().__init__("operator", "This is for the operators of this installation. No admin can grant it.", who=who)


class NotFound(OrchestratorError):
    """There is no such row, or it is another organization's: nobody is told which."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or it is not yours to see. Check the link, or start from the list.")
        self.what = what


class AnotherOrganization(NotFound):
    """An address of an organization that the reader is not in, or of none: nobody is told which."""

    def __init__(self, own: str) -> None:
        OrchestratorError.__init__(
            self,
            f"This address is another organization's, or nobody's. You are signed in to {own}. Ask whoever gave it to "
            "you, or sign in as somebody of that organization.",
        )
        self.what = "page"


class FileGone(NotFound):
    """The row says that a file was written, and there is none. Only who may see the row is told."""

    def __init__(self, name: str, *, said: str = "") -> None:
        message = said or (
            f"“{name}” was written and is not there any more: somebody removed it from the installation's artifact "
            "folder, or this machine does not share that folder. Ask whoever runs this installation; its content "
            "stands on the run's page."
        )
        OrchestratorError.__init__(self, message)
        self.what = "file"


class InvalidInput(OrchestratorError):
    """What was entered can't be taken.

    `field` names the field as the form labels it, `problems` holds one line a fault where there are several.
    """

    def __init__(self, message: str, *, field: str | None = None, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.problems = tuple(problems)


class FieldsInvalid(InvalidInput):
    """Fields of a form are wrong: `faults` say what of each, by its label and in the order of the form."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()), field=next(iter(faults)))
        self.faults = dict(faults)


class AlreadyTaken(InvalidInput):
    """Somebody else was first."""


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """What is wrong with the answer to one question."""

    name: str
    label: str
    words: str
    #: Whether there is none yet.
    is_missing: bool = False


class AnswersInvalid(InvalidInput):
    """The questions that a template asks are not answered yet, or wrong; `faults` say which, in their order."""

    def __init__(self, message: str, *, faults: Sequence[AnswerFault], problems: Sequence[str]) -> None:
        super().__init__(message, field=faults[0].label, problems=problems)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong in one place of a file. Lines and columns count from 1; None is the file as a whole."""

    words: str
    line: int | None = None
    column: int | None = None
    #: The line itself.
    text: str = ""

    def __str__(self) -> str:
        return self.words if self.line is None else f"line {self.line}, column {self.column}: {self.words}"


class FileInvalid(InvalidInput):
    """A file that was handed in can't be taken; `faults` say what is wrong in which lines."""

    def __init__(self, message: str, *, faults: Sequence[FileFault]) -> None:
        super().__init__(message, problems=[str(fault) for fault in faults])
        self.faults = tuple(faults)


class LinkExpired(OrchestratorError):
    """A one-time link was used, replaced or is too old."""


class Conflict(OrchestratorError):
    """The row has moved on since it was read, so the change asked for makes no sense any more."""


class ChangedMeanwhile(Conflict):
    """Somebody else has changed the same fields since they were read, and nothing was written.

    `theirs` is what these are now, None for what is empty.
    """

    def __init__(self, theirs: Mapping[FieldPath, object], *, labels: Sequence[str]) -> None:
        named = ", ".join(f"“{label}”" for label in labels)
        super().__init__(
            f"Somebody else has changed {named} since you began, so nothing was saved. Look at what it is now, and "
            "decide."
        )
        self.theirs = dict(theirs)


class RetriedAlready(Conflict):
    """A run was run again in the meantime."""

    def __init__(self) -> None:
        super().__init__("Somebody has run this one again in the meantime. Nothing was launched.")


class QuotaUsedUp(OrchestratorError):
    """The organization's calls to models for this month are used up, so nothing was begun."""

    def __init__(self, limit: int, resets_at: datetime) -> None:
        super().__init__(
            f"The organization's {limit:,} calls for this month are used up. New ones begin on {resets_at.day} "
            f"{resets_at:%B %Y}; until then, ask the installation's operator to raise the quota."
        )


class BudgetUsedUp(OrchestratorError):
    """A hard budget is used up, so nothing was begun. The message says which, and by how much."""


class PlanNotSupported(OrchestratorError):
    """A template asks, by name, for something that this version can't run yet."""


class PlanInvalid(InvalidInput):
    """A template contradicts itself."""


class ModelError(OrchestratorError):
    """A call to a model failed. Its kinds, and which are worth another try, stand in `lib/providers/errors.py`."""
