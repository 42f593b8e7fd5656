"""Percentiles from counts by bucket, as `api.latency_bucket` sorts times: four buckets for each doubling."""

from collections.abc import Mapping

from lib.usage.views import Latency

_PER_DOUBLING = 4


def latency_of(counts: Mapping[int, int]) -> Latency:
    """How long calls took, in ms: the middle of the bucket that the call in question is in, so right within a tenth.

    To go on within the bucket by the number of its calls would be off by a fifth where they all took as long.
    """
    return Latency(*(_percentile(counts, share) for share in (0.5, 0.95, 0.99)))


def _percentile(counts: Mapping[int, int], share: float) -> float | None:
    wanted = share * sum(counts.values())
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if counts[bucket] and passed >= wanted:
            return float(2 ** ((bucket + 0.5) / _PER_DOUBLING))
    return None
