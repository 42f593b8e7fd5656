"""What each tier allows: the one table. The page shows it, forms and use cases hold to it.

A tier is an operator's to change. What was made under a higher one stays when it is lowered; nothing is added to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lib.errors import Conflict, InvalidInput
from lib.models.organization import Tier
from lib.organizations.fields import LABELS


class Feature(StrEnum):
    """What a tier has or has not. The value is what people read."""

    SECOND_FACTOR = "Second factor for everybody"
    OWN_CONNECTIONS = "Connections of its own to models"
    WEBHOOKS = "Webhooks"
    PUBLIC_PUBLISHING = "Templates published to everybody"
    AUDIT_EXPORT = "Export of the audit trail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one tier allows; None has no end."""

    #: Calls to models a month that an organization gets with the tier; the operator may give another number.
    monthly_calls: int | None
    #: People who can sign in.
    people: int | None
    concurrent_runs: int | None
    #: The most days that a setting may say rows are kept; what is not set is kept for ever.
    audit_days: int | None
    usage_days: int | None
    run_days: int | None
    features: frozenset[Feature]


#: Safety costs nothing extra: a second factor is in every tier.
_FREE_FEATURES: Final = frozenset({Feature.SECOND_FACTOR, Feature.OWN_CONNECTIONS, Feature.WEBHOOKS})

ALLOWANCES: Final[Mapping[Tier, Allowance]] = {
    Tier.FREE: Allowance(
        monthly_calls=1_000,
        people=25,
        concurrent_runs=5,
        audit_days=365,
        usage_days=365,
        run_days=365,
        features=_FREE_FEATURES,
    ),
    Tier.PRO: Allowance(
        monthly_calls=50_000,
        people=250,
        concurrent_runs=50,
        audit_days=5 * 365,
        usage_days=5 * 365,
        run_days=5 * 365,
        features=frozenset(Feature),
    ),
    Tier.ENTERPRISE: Allowance(
        monthly_calls=None,
        people=None,
        concurrent_runs=None,
        audit_days=None,
        usage_days=None,
        run_days=None,
        features=frozenset(Feature),
    ),
}

#: Setting -> the allowance that bounds it.
_BOUNDED: Final[Mapping[str, str]] = {
    "retention.audit_days": "audit_days",
    "retention.usage_days": "usage_days",
    "retention.run_days": "run_days",
    "limits.concurrent_runs": "concurrent_runs",
}
#: Setting that can be turned on -> the feature that it needs.
_NEEDED: Final[Mapping[str, Feature]] = {"security_settings.require_2fa": Feature.SECOND_FACTOR}


def allows(tier: Tier, feature: Feature) -> bool:
    """Whether a tier has a feature."""
    return feature in ALLOWANCES[tier].features


def require_feature(tier: Tier, feature: Feature, *, verb: str = "is") -> None:
    """Raise `Conflict` where a tier has not got a feature; `verb` is what follows its name."""
    if not allows(tier, feature):
        where = f"not part of the tier {tier.capitalize()}"
        message = f"{feature} {verb} {where}. Ask the installation's operator for another tier."
        raise Conflict(message)


def find_bound(tier: Tier, setting: str) -> int | None:
    """The most that a setting ("retention.audit_days") may say in this tier; None is no bound."""
    name = _BOUNDED.get(setting)
    bound: int | None = getattr(ALLOWANCES[tier], name) if name else None
    return bound


def check_settings(tier: Tier, changed: Mapping[str, object]) -> None:
    """Raise `InvalidInput` that names every changed setting ("retention.audit_days" -> value) beyond the tier."""
    problems = []
    for setting, value in changed.items():
        bound, feature = find_bound(tier, setting), _NEEDED.get(setting)
        if bound is not None and isinstance(value, int) and value > bound:
            problems.append(f"{LABELS[setting]}: {value:,} is more than the {bound:,} of the tier {tier.capitalize()}")
        elif feature is not None and value and not allows(tier, feature):
            problems.append(f"{LABELS[setting]}: not part of the tier {tier.capitalize()}")
    if problems:
        message = f"{'; '.join(problems)}. Choose less, or ask the installation's operator for another tier."
        raise InvalidInput(message, field=LABELS[next(iter(changed))], problems=problems)


def quota_after(old: Tier, new: Tier, *, limit: int | None) -> int | None:
    """The monthly calls after a change of tier: the new tier's, unless an operator had given a number of its own."""
    return ALLOWANCES[new].monthly_calls if limit == ALLOWANCES[old].monthly_calls else limit


def explain_change(old: Tier, new: Tier, *, people: int, calls_used: int, quota_limit: int | None) -> tuple[str, ...]:
    """What a change of tier leaves above what the new one allows, a sentence each, and what becomes of it."""
    after, said = ALLOWANCES[new], []
    if after.people is not None and people > after.people:
        said.append(
            f"{people:,} people have an account and {after.people:,} are allowed: everybody stays, and nobody can be "
            f"added until there are fewer."
        )
    limit = quota_after(old, new, limit=quota_limit)
    if limit is not None and calls_used >= limit:
        said.append(
            f"{calls_used:,} calls of this month are used and {limit:,} are allowed: runs pause until next month."
        )
    if lost := sorted(ALLOWANCES[old].features - after.features):
        said.append(f"No longer part of it: {', '.join(lost)}. What was set up stays, nothing can be added.")
    if _is_shorter(ALLOWANCES[old], after):
        said.append("Retention and limits that were set beyond it stay until an admin changes them.")
    return tuple(said)


def _is_shorter(old: Allowance, new: Allowance) -> bool:
    pairs = [(getattr(old, name), getattr(new, name)) for name in _BOUNDED.values()]
    return any(after is not None and (before is None or after < before) for before, after in pairs)
