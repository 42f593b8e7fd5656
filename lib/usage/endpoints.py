"""What it is called that was called."""

from lib.integrations.registry import find_kinds


def say_endpoint(endpoint: str) -> str:
    """An operation by its name; the endpoint of a model is said as it is."""
    kind = find_kinds().get(endpoint)
    return kind.label if kind else endpoint
