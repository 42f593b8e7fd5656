"""What a run will probably take, worked out before anything is asked. Pure: what it knows of the past is handed in.

* Completion tokens of a phase: from the lower to the upper quartile of its earlier attempts, those of the same model
  where there are some; without any a default within `max_tokens`.
* Prompt tokens: the prompt is rendered, with text of the expected length where an answer is still to come, and its
  bytes are multiplied by the tokens that earlier prompts of the template had for a byte; without any by 0.2 to 0.3,
  which holds for English prose.
* Cost: these tokens at the model's price. Time: earlier attempts of the same model at the phase, or else its speed in
  the others; added up along the longest way through the graph. Repeated attempts are left out of both; a fallback
  model that is dearer makes the dearer case, one whose price nobody knows an unknown one, and a phase that may be
  skipped costs nothing in the cheaper.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import quantiles
from typing import Final

from lib.errors import PlanInvalid
from lib.runs.structures import PhaseEstimate, RunEstimate
from lib.templates.kept import Kept
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.renderers import taking_together
from lib.templates.rendering import MAX_PREVIEW_SECONDS, PhaseAnswer, PromptContext, preview_prompts, render_prompt

#: Fewer say nothing about the next one.
_LEAST_PAST: Final = 3
_DEFAULT_COMPLETION: Final = (200, 1_500)
#: Of `max_tokens`, an answer without a past takes at least so much.
_LEAST_OF_MOST: Final = 4
_DEFAULT_TOKENS_A_BYTE: Final = (0.2, 0.3)
#: What stands for an answer to come: sentences, because a prompt may take whole ones only.
_SENTENCE: Final = "This sentence stands for an answer that is still to come.\n"
_BYTES_A_TOKEN: Final = 4
_LONGEST_STAND_IN: Final = 100_000

#: Model, tokens in, tokens out -> US dollars; None is unknown.
PriceOf = Callable[[str, int, int], Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAttempt:
    """An attempt that was completed, without its texts."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    prompt_bytes: int
    execution_time_ms: int


#: By phase code, the newest first.
Past = Mapping[str, Sequence[PastAttempt]]


def estimate_run(
    plan: Plan, context: PromptContext, *, asked: Collection[str], past: Past, price_of: PriceOf
) -> RunEstimate:
    """What the phases whose codes are `asked` will take; the answers of the others are in the context."""
    everything = [attempt for attempts in past.values() for attempt in attempts]
    lengths = {phase.code: _completion(phase, past.get(phase.code, ())) for phase in plan.phases}
    low, high = (_render_again(plan, context, lengths, side=side) for side in (0, 1))
    skippable = _find_skippable(plan)
    phases = []
    for phase in plan.phases:
        if phase.code not in asked:
            continue
        density = _density(phase.model, everything)
        prompt = round(low[phase.code] * density[0]), round(high[phase.code] * density[1])
        completion, based_on = lengths[phase.code]
        cost, unpriced = _cost(phase, prompt, completion, price_of)
        seconds = _seconds(phase, past.get(phase.code, ()), everything, completion)
        may_skip = phase.code in skippable
        phases.append(
            PhaseEstimate(
                code=phase.code,
                name=phase.name,
                model=phase.model,
                prompt_tokens=prompt,
                completion_tokens=completion,
                cost_usd=(Decimal(0), cost[1]) if cost and may_skip else cost,
                unpriced=unpriced,
                seconds=(0.0, seconds[1]) if seconds and may_skip else seconds,
                based_on=based_on,
                may_be_skipped=may_skip,
            )
        )
    return RunEstimate(phases=tuple(phases), seconds=_longest_way(plan, {each.code: each for each in phases}))


def _completion(phase: PlannedPhase, past: Sequence[PastAttempt]) -> tuple[tuple[int, int], int]:
    """Tokens of the answer, and how many attempts say so."""
    own = [attempt for attempt in past if attempt.model == phase.model]
    found = own if len(own) >= _LEAST_PAST else past
    most = phase.parameters.max_tokens
    if len(found) >= _LEAST_PAST:
        low, high = _quartiles([attempt.completion_tokens for attempt in found])
        span = round(low), round(high)
    else:
        found = ()
        span = (most // _LEAST_OF_MOST, most) if most else _DEFAULT_COMPLETION
    return (span if most is None else (min(span[0], most), min(span[1], most))), len(found)


def _find_skippable(plan: Plan) -> set[str]:
    """Phases that may not be asked: by their condition, or because nothing is that they wait for."""
    found: set[str] = set()
    for phase in plan.phases:  # each comes after what it waits for
        if phase.condition is not None or (phase.depends_on and found.issuperset(phase.depends_on)):
            found.add(phase.code)
    return found


def _render_again(
    plan: Plan, context: PromptContext, lengths: Mapping[str, tuple[tuple[int, int], int]], *, side: int
) -> Mapping[str, int]:
    """What `_render` gives, made once of the same plan, words and lengths: a page asks again at each click."""
    said = f"{plan!r}\n{context!r}\n{lengths!r}\n{side}".encode("utf-8", "surrogatepass")
    return _rendered.get(hashlib.sha256(said).digest(), lambda: _render(plan, context, lengths, side=side))


def _render(
    plan: Plan, context: PromptContext, lengths: Mapping[str, tuple[tuple[int, int], int]], *, side: int
) -> dict[str, int]:
    """Code -> bytes of its prompt, where answers are as short (0) or as long (1) as is expected."""
    stand_ins = {
        phase.code: PhaseAnswer(
            phase.code, phase.name, _stand_in(lengths[phase.code][0][side]), output=phase.output, is_mark=True
        )
        for phase in plan.phases
    }
    expected = replace(context, answers=stand_ins | dict(context.answers))
    try:
        with taking_together(MAX_PREVIEW_SECONDS):
            prompts = {phase.code: render_prompt(phase, expected) for phase in plan.phases}
    except PlanInvalid:  # one that cuts up answers may take those to come and not these
        prompts = {prompt.code: prompt.prompt for prompt in preview_prompts(plan, context)}
    return {code: len(prompt.encode()) for code, prompt in prompts.items()}


def _stand_in(tokens: int) -> str:
    length = max(1, min(tokens * _BYTES_A_TOKEN, _LONGEST_STAND_IN))
    return (_SENTENCE * (length // len(_SENTENCE) + 1))[:length]


def _density(model: str, everything: Sequence[PastAttempt]) -> tuple[float, float]:
    """Tokens for a byte of prompt."""
    counted = [attempt for attempt in everything if attempt.prompt_bytes and attempt.prompt_tokens]
    own = [attempt for attempt in counted if attempt.model == model]
    found = own if len(own) >= _LEAST_PAST else counted
    if len(found) < _LEAST_PAST:
        return _DEFAULT_TOKENS_A_BYTE
    return _quartiles([attempt.prompt_tokens / attempt.prompt_bytes for attempt in found])


def _cost(
    phase: PlannedPhase, prompt: tuple[int, int], completion: tuple[int, int], price_of: PriceOf
) -> tuple[tuple[Decimal, Decimal] | None, tuple[str, ...]]:
    """Of the phase's own model; the dearer case is that of its dearest fallback, where that may be asked instead.

    Unknown where one of them has no price; those come with it.
    """
    low = price_of(phase.model, prompt[0], completion[0])
    models = [phase.model, *(other.model for other in phase.fallbacks)]
    highs = {model: price_of(model, prompt[1], completion[1]) for model in models}
    known = [price for price in highs.values() if price is not None]
    if low is None or len(known) < len(highs):
        return None, tuple(model for model, price in highs.items() if price is None)
    return (low, max(known)), ()


def _seconds(
    phase: PlannedPhase, past: Sequence[PastAttempt], everything: Sequence[PastAttempt], completion: tuple[int, int]
) -> tuple[float, float] | None:
    own = [attempt.execution_time_ms / 1000 for attempt in past if attempt.model == phase.model]
    if len(own) >= _LEAST_PAST:
        return _quartiles(own)
    speeds = [
        attempt.execution_time_ms / 1000 / attempt.completion_tokens
        for attempt in everything
        if attempt.model == phase.model and attempt.completion_tokens
    ]
    if len(speeds) < _LEAST_PAST:
        return None
    fast, slow = _quartiles(speeds)
    return fast * completion[0], slow * completion[1]


def _longest_way(plan: Plan, phases: Mapping[str, PhaseEstimate]) -> tuple[float, float] | None:
    """When the last phase is done, if each begins as soon as those that it waits for are."""
    ends: dict[str, tuple[float, float]] = {}
    for phase in plan.phases:
        if phase.code not in phases:
            continue
        took = phases[phase.code].seconds
        if took is None:
            return None
        before = [ends[code] for code in phase.depends_on if code in ends]
        ends[phase.code] = (
            max((end[0] for end in before), default=0.0) + took[0],
            max((end[1] for end in before), default=0.0) + took[1],
        )
    return max((end[0] for end in ends.values()), default=0.0), max((end[1] for end in ends.values()), default=0.0)


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


_rendered = Kept[Mapping[str, int]](4_000_000, lambda sizes: 500 + 200 * len(sizes))
