import pytest

from lib.errors import InvalidInput
from lib.models.organization import Tier
from lib.organizations.tiers import (
    ALLOWANCES,
    Feature,
    allows,
    check_settings,
    explain_change,
    find_bound,
    quota_after,
)

NUMBERS = ("monthly_calls", "people", "concurrent_runs", "audit_days", "usage_days", "run_days")


def test_every_tier_has_its_line_and_each_allows_no_less_than_the_one_below() -> None:
    assert list(ALLOWANCES) == list(Tier)
    for lower, higher in zip(Tier, list(Tier)[1:], strict=False):
        below, above = ALLOWANCES[lower], ALLOWANCES[higher]
        assert below.features <= above.features
        for name in NUMBERS:
            least, most = getattr(below, name), getattr(above, name)
            assert most is None or (least is not None and least <= most), name


def test_safety_is_in_every_tier() -> None:
    assert all(allows(tier, Feature.SECOND_FACTOR) for tier in Tier)
    assert not allows(Tier.FREE, Feature.AUDIT_EXPORT)
    assert allows(Tier.PRO, Feature.AUDIT_EXPORT)


@pytest.mark.parametrize("setting", ["retention.audit_days", "retention.run_days", "limits.concurrent_runs"])
def test_setting_beyond_the_tier_is_refused_by_name_with_what_is_the_most(setting: str) -> None:
    bound = find_bound(Tier.FREE, setting)
    assert bound is not None
    check_settings(Tier.FREE, {setting: bound})
    check_settings(Tier.FREE, {setting: None})
    check_settings(Tier.ENTERPRISE, {setting: 999_999})
    with pytest.raises(InvalidInput, match=rf"is more than the {bound:,} of the tier Free.*operator for another tier"):
        check_settings(Tier.FREE, {setting: bound + 1})


def test_every_setting_beyond_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_settings(Tier.FREE, {"retention.audit_days": 9_999, "limits.concurrent_runs": 99, "name": "Acme"})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["Audit trail", "Runs at a time"]


@pytest.mark.parametrize(
    ("old", "new", "limit", "after"),
    [
        (Tier.FREE, Tier.PRO, 1_000, 50_000),
        (Tier.PRO, Tier.ENTERPRISE, 50_000, None),
        (Tier.ENTERPRISE, Tier.FREE, None, 1_000),
        (Tier.FREE, Tier.PRO, 7, 7),
    ],
)
def test_quota_goes_with_the_tier_unless_it_was_given_by_hand(
    old: Tier, new: Tier, limit: int | None, after: int | None
) -> None:
    assert quota_after(old, new, limit=limit) == after


def test_lower_tier_says_what_stays_beyond_it() -> None:
    said = " ".join(explain_change(Tier.PRO, Tier.FREE, people=40, calls_used=5_000, quota_limit=50_000))
    assert "40 people have an account and 25 are allowed: everybody stays" in said
    assert "5,000 calls of this month are used and 1,000 are allowed" in said
    assert "Export of the audit trail, Templates published to everybody" in said
    assert "stay until an admin changes them" in said


def test_higher_tier_leaves_nothing_beyond_it() -> None:
    assert explain_change(Tier.FREE, Tier.PRO, people=25, calls_used=1_000, quota_limit=1_000) == ()
