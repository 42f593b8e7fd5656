"""What people do with their own organization: see its frame, govern it, ask for its end."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.constraints import NO_OPERATOR_LEFT, constraint_of, sqlstate_of
from lib.db.session import tenant_session
from lib.entry import clean_line
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotSignedIn
from lib.identity.fields import clean_slug
from lib.identity.policy import MOST_GRACE_DAYS
from lib.models.organization import Organization, Tier
from lib.organizations import queries
from lib.organizations.changes import Values, find_changed, flatten, merge, nest
from lib.organizations.fields import LABELS
from lib.organizations.structures import OrganizationSettings
from lib.organizations.tiers import check_settings
from lib.organizations.views import MOST_COUNTED, Frame, LockedOut, OrganizationDetail, Quota
from lib.reviews.inbox.queries import list_waiting
from lib.validation import validate

#: Between the wish to delete an organization and its end (api.deletion_delay).
WAITING_PERIOD: Final = timedelta(days=14)
_COLUMNS: Final = frozenset({"name", "slug"})
_LONGEST_NAME: Final = 255
_IS_REQUIRED: Final = "security_settings.require_2fa"
_GRACE_DAYS: Final = "security_settings.grace_days"
_TAKEN: Final = "Another organization has or had this short name, and keeps it. Choose another one."
_LAST_OPERATOR: Final = (
    "Nobody in another organization runs this installation. Make somebody there its operator first "
    "(“orchestrator users create --operator”), then delete this organization."
)


def get_frame(actor: Actor) -> Frame:
    """The tier, and how many runs, reviews and versions of templates wait for this person.

    Raises `NotSignedIn` when they are gone by now.
    """
    may_run = actor.may_some(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        found = queries.read_frame(
            session,
            actor.organization_id,
            actor.user_id,
            steers_all=may_run and actor.may(Permission.ORCHESTRATIONS_CANCEL),
            steers_own=may_run and actor.may_some(Permission.ORCHESTRATIONS_CANCEL),
            publishes=actor.may(Permission.TEMPLATES_PUBLISH),
            answers=list_waiting(actor) if actor.may(Permission.ORCHESTRATIONS_REVIEW) else None,
        )
    if found is None:
        raise NotSignedIn
    return Frame(
        tier=Tier(found.tier),
        waiting_runs=min(found.waiting, MOST_COUNTED + 1),
        waiting_reviews=found.answers,
        waiting_templates=found.reviews,
        deletes_at=found.deletes_at if actor.may(Permission.ORGANIZATION_EDIT) else None,
    )


def get_organization(actor: Actor) -> OrganizationDetail:
    """The person's organization with everything that can be edited. Raises `NotPermitted`."""
    actor.require(Permission.ORGANIZATION_EDIT)
    with tenant_session(actor) as session:
        row = _load(session, actor)
        slugs = queries.list_slugs(session, actor.organization_id)
        people = queries.count_people(session, actor.organization_id)
    return OrganizationDetail(
        id=row.id,
        name=row.name,
        slug=row.slug,
        former_slugs=tuple(slug for slug in slugs if slug != row.slug),
        tier=Tier(row.subscription_tier),
        people=people,
        quota=Quota.read(row.api_quota_used, row.api_quota_limit, row.quota_resets_at),
        settings=OrganizationSettings.read(row.settings),
        values=_values(row),
        created_at=row.created_at,
        deletes_at=row.deletes_at,
        is_sample=row.sample_made_at is not None,
    )


def change_organization(actor: Actor, entered: Values, *, seen: Values) -> bool:
    """Write the fields that differ from what was `seen`; the rest stays as it is now. Whether there were any.

    Raises `NotPermitted`, `InvalidInput`, `AlreadyTaken` for the short name, `Conflict` where somebody else has changed
    one of them meanwhile.
    """
    actor.require(Permission.ORGANIZATION_EDIT)
    entered = _clean(entered)
    try:
        with tenant_session(actor) as session:
            row = _load(session, actor, for_update=True)
            changed = find_changed(entered, seen=seen, current=_values(row))
            check_settings(Tier(row.subscription_tier), changed)
            for column in _COLUMNS & changed.keys():
                setattr(row, column, changed[column])
            if settings := nest({field: value for field, value in changed.items() if field not in _COLUMNS}):
                row.settings = merge(row.settings, settings)
            return bool(changed)
    except IntegrityError as error:
        if constraint_of(error) == "organizations_slug_key":
            raise AlreadyTaken(_TAKEN, field=LABELS["slug"]) from error
        raise


def check_change(tier: Tier, entered: Values, *, seen: Values) -> None:
    """Raise `InvalidInput` where `change_organization` would, before anybody is asked whether they are sure."""
    check_settings(tier, {field: value for field, value in _clean(entered).items() if value != seen.get(field)})


def count_locked_out(actor: Actor, entered: Values, *, seen: Values) -> LockedOut:
    """Whom saving these settings leaves, at once, nothing but the set-up of a second factor; `seen` holds until then.

    Who is so by now is not counted. Raises `NotPermitted`.
    """
    actor.require(Permission.ORGANIZATION_EDIT)
    days = entered.get(_GRACE_DAYS)
    if not entered.get(_IS_REQUIRED) or not isinstance(days, int):
        return LockedOut(people=0, is_oneself=False)
    with tenant_session(actor) as session:
        after = queries.count_locked_out(session, min(max(days, 0), MOST_GRACE_DAYS))
        before = queries.count_locked_out(session, seen[_GRACE_DAYS]).people if seen.get(_IS_REQUIRED) else 0
    return LockedOut(people=max(after.people - before, 0), is_oneself=after.is_oneself)


def ask_deletion(actor: Actor, *, slug: str) -> datetime:
    """Ask for the organization's end after the waiting period and say when that is. `slug` is typed to be sure.

    Until then everything works as ever, and whoever may edit the organization can take it back. Raises `NotPermitted`,
    `InvalidInput`, `Conflict`.
    """
    actor.require(Permission.ORGANIZATION_EDIT)
    if actor.is_sample:
        raise Conflict("The sample workspace has no waiting period: an operator removes it with one click.")
    if slug.strip() != actor.organization_slug:
        message = f"Type the short name, {actor.organization_slug}, to say which organization is to end."
        raise InvalidInput(message, field=LABELS["slug"])
    try:
        with tenant_session(actor) as session:
            ends_at = queries.ask_deletion(session, is_wanted=True)
    except DBAPIError as error:
        if sqlstate_of(error) == NO_OPERATOR_LEFT:
            raise Conflict(_LAST_OPERATOR) from error
        raise
    if ends_at is None:
        raise NotSignedIn
    return ends_at


def take_deletion_back(actor: Actor) -> None:
    """Go on as if nobody had asked for the organization's end. Raises `NotPermitted`."""
    actor.require(Permission.ORGANIZATION_EDIT)
    with tenant_session(actor) as session:
        queries.ask_deletion(session, is_wanted=False)


def is_own_slug(actor: Actor, slug: str) -> bool:
    """Whether a short name is, or once was, that of the person's organization; of others nothing is known here."""
    with tenant_session(actor) as session:
        return queries.has_slug(session, actor.organization_id, slug)


def _load(session: Session, actor: Actor, *, for_update: bool = False) -> Organization:
    row = queries.load_organization(session, actor.organization_id, for_update=for_update)
    if row is None:
        raise NotSignedIn
    return row


def _values(row: Organization) -> dict[str, Any]:
    """Every field that can be edited, where nothing is stored with its default."""
    known = flatten(OrganizationSettings.read(row.settings).model_dump(mode="json"))
    return {"name": row.name, "slug": row.slug} | {field: known[field] for field in LABELS if field in known}


def _clean(entered: Values) -> dict[str, Any]:
    """The same as it would be stored. Raises `InvalidInput`, also for what is no field."""
    clean = {}
    if "name" in entered:
        clean["name"] = clean_line(entered["name"], field=LABELS["name"], longest=_LONGEST_NAME)
    if "slug" in entered:
        clean["slug"] = clean_slug(entered["slug"])
    settings = nest({field: value for field, value in entered.items() if field not in _COLUMNS})
    checked = validate(OrganizationSettings, settings, what="These settings", labels=LABELS)
    return clean | flatten(checked.to_json())
