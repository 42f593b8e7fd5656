"""Two runs beside each other: what tells them apart as a whole, then phase by phase."""

from collections import Counter
from collections.abc import Iterator

import streamlit as st
from markupsafe import Markup

from lib.access.permissions import Permission
from lib.runs.comparing.views import ComparedPhase, Comparison, Operations, Pair, cost_of, tokens_of
from lib.runs.service import get_texts
from lib.runs.views import AttemptFigures, AttemptTexts, RunProgress
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.long_answer import show_long_answer
from lib.ui.components.moment import moment_inline
from lib.ui.components.pair_table import PairRow, money_row, number_row, show_pair_table, time_row
from lib.ui.components.person import person_inline
from lib.ui.components.run_table import seconds_of
from lib.ui.components.status import show_status
from lib.ui.components.text_diff import show_text_diff
from lib.ui.guard import require_actor
from lib.ui.navigation import RUN

_LONGEST_NAME = 80
_CONTEXT = Markup('<div class="ao-context">{} · {} · {}</div>')
_NO_TEXTS = AttemptTexts(prompt=None, response="")


def show_both_runs(found: Comparison, *, time_zone: str) -> None:
    """Draw which two they are, and what tells them apart as a whole."""
    with st.container(key="compared-runs"):
        sides = st.columns(2, gap="small")
    for side, label, run in zip(sides, ("Left", "Right"), _both(found), strict=True):
        with side, card(label):
            st.page_link(
                RUN.file,
                label=words.plain(words.short(run.summary.title, most=_LONGEST_NAME)),
                query_params={"run": str(run.summary.id)},
            )
            show_status(status.RUN[run.summary.status])
            version = f" v{run.summary.template_version}" if run.summary.template_version else ""
            when = moment_inline(run.summary.created_at, time_zone=time_zone)
            name = words.short(run.summary.template_name + version, most=_LONGEST_NAME)
            st.html(_CONTEXT.format(name, person_inline(run.launcher), when))
    with card("As a whole"):
        show_pair_table(list(_rows(found)))


def show_compared_phases(found: Comparison, *, is_whole: bool) -> None:
    """Draw the phases that differ, or all of them where `is_whole`; the first of them is open."""
    numbered = list(enumerate(found.phases, 1))
    shown = [(number, phase) for number, phase in numbered if is_whole or phase.differs]
    alike = len(numbered) - len(shown)
    if alike:
        st.markdown(f":gray[{words.plain(_say_alike(alike, of=len(numbered)))}]")
    with st.container(gap="xsmall", key="phases"):
        for place, (number, phase) in enumerate(shown):
            _show_phase(found, phase, number=number, is_first=place == 0)


def _say_alike(alike: int, *, of: int) -> str:
    if alike == of:
        return "Both asked and answered the same in every phase."
    return f"{words.count(alike, 'more phase')} {words.are(alike)} the same in both."


def _both(found: Comparison) -> tuple[RunProgress, RunProgress]:
    return found.left, found.right


def _rows(found: Comparison) -> Iterator[PairRow]:
    left, right = _both(found)
    told = {
        "Status": Pair(status.RUN[left.summary.status].word, status.RUN[right.summary.status].word),
        "Template": Pair(_template(left), _template(right)),
        "Model": Pair(left.summary.model, right.summary.model),
        "Project": Pair(left.summary.project_name, right.summary.project_name),
        "Topic": Pair(left.topic, right.topic),
    }
    answers = dict(left.inputs), dict(right.inputs)
    told |= {label: Pair(answers[0].get(label), answers[1].get(label)) for label in answers[0] | answers[1]}
    for label, pair in told.items():
        if not pair.is_same or label in {"Status", "Model"}:
            yield PairRow(label, pair.left or words.NOTHING, pair.right or words.NOTHING)
    yield from _operations_row(found.operations)
    yield money_row("Cost", Pair(left.summary.cost_usd, right.summary.cost_usd))
    yield number_row("Tokens", Pair(left.summary.total_tokens, right.summary.total_tokens))
    yield time_row("Time", Pair(seconds_of(left.summary), seconds_of(right.summary)))


def _operations_row(pair: Pair[Operations]) -> Iterator[PairRow]:
    """What was done after the phases; nothing where neither has anything to do."""
    if pair.left or pair.right:
        yield PairRow("Operations", _say_operations(pair.left), _say_operations(pair.right))


def _say_operations(operations: Operations | None) -> str:
    """How many stand how: "2 done · 1 rejected"."""
    counted = Counter(status.OPERATION[each].word.lower() for each in operations or ())
    return " · ".join(f"{words.number(count)} {word}" for word, count in counted.items()) or words.NOTHING


def _template(run: RunProgress) -> str:
    version = f", version {run.summary.template_version}" if run.summary.template_version else ""
    return run.summary.template_name + version


def _show_phase(found: Comparison, phase: ComparedPhase, *, number: int, is_first: bool) -> None:
    key = f"compared-{number}"
    st.session_state[key] = st.session_state.get(key, is_first)
    step = st.expander(
        f"**{number} {words.plain(_name(phase))}** :gray[· {words.plain(_say(phase))}]",
        key=key,
        on_change="rerun",
    )
    with step:
        if step.open:
            _show_inside(found, phase, key=key)


def _name(phase: ComparedPhase) -> str:
    """Its name, or both where it is called otherwise in the left one."""
    left, right = phase.phases.left, phase.phases.right
    if left is None or right is None or left.name == right.name:
        return words.short(phase.name, most=_LONGEST_NAME)
    return " / ".join(words.short(each.name, most=_LONGEST_NAME // 2) for each in (left, right))


def _say(phase: ComparedPhase) -> str:
    left, right = phase.attempts.left, phase.attempts.right
    if left is None or right is None:
        return "only in the right one" if left is None else "only in the left one"
    differing = {
        "status": left.status != right.status,
        "model": left.model != right.model,
        "prompt": phase.is_same_prompt is False,
        "answer": phase.is_same_answer is False,
        "operations": not phase.operations.is_same,
    }
    names = [name for name, is_other in differing.items() if is_other]
    return f"other {words.together(names)}" if names else "the same"


def _show_inside(found: Comparison, phase: ComparedPhase, *, key: str) -> None:
    left, right = phase.attempts.left, phase.attempts.right
    words_of = (status.PHASE[each.status].word if each else words.NOTHING for each in (left, right))
    show_pair_table(
        [
            PairRow("Status", *words_of),
            PairRow("Model", _model(left), _model(right)),
            *_operations_row(phase.operations),
            money_row("Cost", Pair(cost_of(left), cost_of(right))),
            number_row("Tokens", Pair(tokens_of(left), tokens_of(right))),
            time_row("Time", Pair(_seconds(left), _seconds(right))),
        ]
    )
    texts = [_read(run, each) for run, each in zip(_both(found), (left, right), strict=True)]
    answers, prompts = st.tabs(["Answer", "Prompt"], key=f"{key}-tabs")
    with answers:
        if left is None or right is None:
            _show_only(found, left or right, texts[0 if right is None else 1], key=key)
        else:
            show_text_diff(texts[0].response, texts[1].response, same="Both answered the same.")
    with prompts:
        show_text_diff(texts[0].prompt or "", texts[1].prompt or "", same="Both were asked the same.")


def _show_only(found: Comparison, attempt: AttemptFigures | None, texts: AttemptTexts, *, key: str) -> None:
    """The answer of a phase that one of them has alone."""
    run = next(
        (each for each in _both(found) for phase in each.phases if attempt and phase.newest.id == attempt.id), None
    )
    if run is None or attempt is None or not texts.response:
        st.markdown(":gray[There is no answer.]")
        return
    show_long_answer(
        texts.response,
        key=f"{key}-only",
        read=lambda actor: get_texts(actor, run.summary.id, attempt.id).response,
        file_name=words.file_name("answer", ending=".md"),
    )


def _read(run: RunProgress, attempt: AttemptFigures | None) -> AttemptTexts:
    if attempt is None:
        return _NO_TEXTS
    return get_texts(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id, attempt.id)


def _model(attempt: AttemptFigures | None) -> str:
    """Who was asked; what was taken over, here or there, was asked in a run before."""
    if attempt is None:
        return words.NOTHING
    return f"{attempt.model} (reused)" if attempt.reused_from else attempt.model


def _seconds(attempt: AttemptFigures | None) -> float | None:
    took = attempt.execution_time_ms if attempt else None
    return None if took is None else took / 1000
