"""Ninety days of calls, as a team makes them: more on weekdays and in the day, a few failed, two of unknown price.

After some of them what was answered was handed on.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from lib import clock
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project
from tests.made_usage import make_calls, roll_up

#: Model, how often, dollars a thousand tokens, seconds a call.
_MODELS: Final = (
    ("openai", "gpt-4.1-mini", 6, "0.0011", 3.1),
    ("anthropic", "claude-haiku-4.5", 3, "0.0031", 4.4),
    ("google", "gemini-2.5-flash", 2, "0.0009", 2.2),
)
_OPERATIONS: Final = ("http.request", "notification.send", "artifact.write")
_REASONS: Final = ("rate_limit", "rate_limit", "timeout", "auth", "cancelled")


def make_usage(
    database: ClonedDatabase, cast: Cast, projects: Sequence[UUID], *, days: int = 90, calls: int = 30, models: int = 3
) -> None:
    """So many calls on a weekday, of organization A; the worker has summed up those of hours that are over."""
    chance = random.Random(7)
    people = [cast.alice.user_id, cast.mona.user_id, cast.max.user_id]
    found = []
    for ago in range(days):
        day = clock.now() - timedelta(days=ago)
        growth = 1 + (days - ago) / days
        count = int(calls * growth * (0.35 if day.weekday() >= 5 else 1) * chance.uniform(0.7, 1.3))
        found += [_call(chance, ago, people, projects, models) for _ in range(count)]
    found += [_operation(chance, each) for each in found[::4]]
    make_calls(database, cast.organization_a, found)
    roll_up(database)


def _operation(chance: random.Random, call: Mapping[str, Any]) -> dict[str, Any]:
    return dict(call) | {
        "provider": None,
        "model": None,
        "endpoint": chance.choice(_OPERATIONS),
        "error_kind": "status" if chance.random() < 0.04 else None,
        "prompt_tokens": None,
        "completion_tokens": None,
        "cost_usd": 0,
        "response_time_ms": int(chance.lognormvariate(0, 0.6) * 300),
    }


def _call(
    chance: random.Random, ago: int, people: Sequence[UUID], projects: Sequence[UUID], models: int
) -> dict[str, Any]:
    hour = min(max(chance.gauss(13, 3.2), 0), 23.9)
    at = clock.now().replace(hour=0, minute=0) - timedelta(days=ago) + timedelta(hours=hour)
    number = chance.choices(range(models), [_MODELS[each % 3][2] / (1 + each // 3) for each in range(models)])[0]
    provider, model, _, price, took = _MODELS[number % 3]
    error = chance.choice(_REASONS) if chance.random() < 0.025 else None
    asked, answered = chance.randint(300, 9000), chance.randint(100, 2500)
    weights = [1 / (1 + each) for each in range(len(projects))]
    is_priced = error is None and chance.random() > 0.001
    is_refused = error in {"rate_limit", "auth"}
    return {
        "created_at": min(at, clock.now()),
        "user_id": chance.choices(people, [5, 3, 1])[0],
        "project_id": chance.choices(projects, weights)[0],
        "provider": provider,
        "model": model if number < 3 else f"{model}-{number}",
        "endpoint": "/v1/messages" if provider == "anthropic" else "/v1/chat/completions",
        "error_kind": error,
        "prompt_tokens": asked,
        "completion_tokens": 0 if error else answered,
        "cost_usd": (Decimal(asked + answered) / 1000 * Decimal(price)).quantize(Decimal("0.000001"))
        if is_priced
        else (Decimal(0) if is_refused else None),
        "response_time_ms": int(chance.lognormvariate(0, 0.5) * took * 1000),
    }


def make_extremes(database: ClonedDatabase, cast: Cast) -> UUID:
    """A year of many projects and forty models, and a project that has made one call, three days ago; its id."""
    names = ("Market scans", "Patents", "A project whose name is as long as a name can well be", "Tenders", "Press")
    more = [f"Client {number}" for number in range(1, 31)]
    projects = [make_project(database, cast.alice, name=name) for name in (*names, *more)]
    make_usage(database, cast, projects, days=380, calls=14, models=40)
    lonely = make_project(database, cast.alice, name="Tried once")
    once = {
        "created_at": clock.now() - timedelta(days=3),
        "user_id": cast.max.user_id,
        "project_id": lonely,
        "prompt_tokens": 900,
        "completion_tokens": 120,
    }
    make_calls(database, cast.organization_a, [once])
    roll_up(database)
    return lonely


def ask_for_extremes(lonely: UUID) -> Mapping[str, str]:
    """What to photograph of it, by name: the query of each address."""
    today = clock.now().date()
    return {
        "one-call": f"range=7-days&project={lonely}",
        "one-day": f"range=custom&from={today - timedelta(days=1)}&to={today - timedelta(days=1)}",
        "today": f"range=custom&from={today}&to={today}",
        "year": "range=12-months&by=project&measure=tokens",
        "year-without-comparison": "range=12-months&compare=off&top=person",
        "forty-models": "range=30-days&by=model&top=model",
        "forty-models-latency": "range=30-days&by=model&top=model&measure=latency",
        "forty-models-success": "range=7-days&by=model&top=endpoint&measure=success",
        "nothing": "range=custom&from=2020-01-01&to=2020-01-31",
    }
