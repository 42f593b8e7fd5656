"""Percentiles from counts by bucket, as `api.latency_bucket` sorts times: four buckets for each doubling."""

from collections.abc import Mapping

from lib.usage.views import Latency

_PER_DOUBLING = 4


def latency_of(counts: Mapping[int, int]) -> Latency:
    """How long calls took, in ms. Within its bucket, which is a fifth wide, each is taken for as likely as the next."""
    return Latency(*(_percentile(counts, share) for share in (0.5, 0.95, 0.99)))


def _percentile(counts: Mapping[int, int], share: float) -> float | None:
    wanted = share * sum(counts.values())
    passed = 0
    for bucket in sorted(counts):
        count = counts[bucket]
        if count and passed + count >= wanted:
            inside = (wanted - passed) / count
            return float(2 ** ((bucket + inside) / _PER_DOUBLING))
        passed += count
    return None
