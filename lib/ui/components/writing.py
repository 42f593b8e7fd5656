"""An answer while it is written: the browser asks a route of ours for what is new, and redraws that alone.

A rerun by Streamlit takes several times as much (docs/decisions/0006), so the part of the page that watches a run has
none until the route says that the run stands otherwise. The route's HTML is made where any answer's is, by
`lib.ui.components.answer`, and holds nothing of the model but text.
"""

from typing import Final
from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.runs.views import AttemptFigures, RunProgress
from lib.ui.components.answer import draw_on

#: What the browser tells the page beside "changed", which needs no note: it comes with a rerun.
_REFUSED, _WORKS = "refused", "works"

_HTML: Final = Markup(
    '<div class="ao-writing" hidden><p class="ao-context">Writing for <span role="timer"></span></p>'
    '<p class="ao-context" data-part="before" hidden>The beginning is shown when the answer is written.</p>'
    '<div data-part="done"></div><div class="ao-answer ao-streaming" data-part="last" aria-busy="true"></div>'
    '<p class="ao-context" data-part="none">Waiting for the first word</p></div>'
)
# Streamlit calls it at every rerun that draws the component, with the same element as long as that stays on the page.
_JS: Final = """
const PAUSE = 1000, AFTER_TROUBLE = 3000, PATIENCE = 10000, MOST_FAILURES = 3, MOST_PIECES = 60;
const watches = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const here = watches.get(parentElement) ?? { root: parentElement, failures: 0, bytes: -1 };
  watches.set(parentElement, here);
  const isNew = here.data?.attempt !== data.attempt;
  Object.assign(here, { data, tell: (what) => setTriggerValue("told", what), isOver: false });
  here.beganAt = performance.now() - 1000 * Math.max(data.seconds, 0);
  if (data.drawn && (isNew || data.drawn.bytes > here.bytes)) {
    here.isCut = false;
    part(here, "done").replaceChildren();
    draw(here, data.drawn);
  }
  here.root.querySelector(".ao-writing").hidden = !data.attempt;
  showTime(here);
  plan(here, data.attempt && here.bytes < 0 ? 0 : PAUSE);
  return () => { here.isOver = true; clearTimeout(here.timer); };
}

const part = (here, name) => here.root.querySelector(`[data-part="${name}"]`);

function plan(here, pause) {
  clearTimeout(here.timer);
  if (!here.isOver) here.timer = setTimeout(() => turn(here), pause);
}

async function turn(here) {
  showTime(here);
  if (document.hidden || here.isAsking) return plan(here, PAUSE);
  here.isAsking = true;
  const pause = await look(here);
  here.isAsking = false;
  plan(here, pause);
}

/* Asks once; gives the milliseconds until the next time. */
async function look(here) {
  const { data, after, fence, bytes } = here;
  const drawn = bytes < 0 ? {} : { after, fence, bytes }; // nothing is: the whole is asked for
  const asked = data.attempt ? { attempt: data.attempt, ...drawn } : {};
  const query = new URLSearchParams({ ...asked, shape: data.shape });
  const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  let status = 0;
  try {
    const answer = await fetch(`/api/runs/${data.run}/look?${query}`, options);
    const seen = answer.status === 200 ? await answer.json() : {};
    status = answer.status;
    if (here.isOver || here.data !== data) return PAUSE;
    if (seen.drawn) draw(here, seen.drawn);
    if (seen.shape && seen.shape !== data.shape) {
      here.tell("changed");
      return AFTER_TROUBLE;
    }
  } catch {
    if (status === 200) throw new Error("what was written can't be drawn");
  }
  if (status === 200 || status === 204) {
    here.failures = 0;
    if (data.is_refused) here.tell("works");
    return PAUSE;
  }
  if (status !== 503) here.failures += 1;
  if (here.failures === MOST_FAILURES && !data.is_refused) here.tell("refused");
  else if ([401, 403, 404].includes(status)) here.tell("changed");
  return AFTER_TROUBLE;
}

function draw(here, drawn) {
  const done = part(here, "done"), last = part(here, "last");
  if (drawn.is_cut) done.replaceChildren();
  for (const html of drawn.done) {
    const piece = document.createElement("div");
    piece.className = "ao-answer";
    piece.innerHTML = html;
    done.append(piece);
  }
  here.isCut = here.isCut || drawn.is_cut || done.children.length > MOST_PIECES;
  while (done.children.length > MOST_PIECES) done.firstChild.remove();
  if (last.innerHTML !== drawn.last) last.innerHTML = drawn.last;
  part(here, "before").hidden = !here.isCut;
  part(here, "none").hidden = drawn.bytes > 0;
  Object.assign(here, { after: drawn.after, fence: drawn.fence, bytes: drawn.bytes });
}

function showTime(here) {
  const seconds = Math.floor((performance.now() - here.beganAt) / 1000);
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  const said = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  here.root.querySelector("[role=timer]").textContent = said;
}
"""
_watch = st.components.v2.component("orchestrator_writing", html=_HTML, js=_JS, isolate_styles=False)


def show_writing(run: RunProgress, attempt: AttemptFigures, text: str) -> None:
    """Draw the answer of an attempt that is being written, as far as it is; it goes on by itself.

    To be drawn in a fragment, which is rerun when the run stands otherwise than now.
    """
    seen_key = f"has-seen-{attempt.id}"  # a browser that has begun to draw it needs no text with every rerun
    drawn = None
    if seen_key not in st.session_state or is_refused(run.summary.id):
        drawn = {**draw_on(text), "bytes": len(text.encode())}
        st.session_state[seen_key] = True
    seconds = (clock.now() - (attempt.started_at or clock.now())).total_seconds()
    _show(run, {"attempt": str(attempt.id), "seconds": seconds, "drawn": drawn}, key=f"writing-{attempt.id}")


def show_watch(run: RunProgress) -> None:
    """Draw nothing, and have the fragment around it rerun when the run stands otherwise than now."""
    _show(run, {"attempt": None, "seconds": 0, "drawn": None}, key=f"watch-{run.summary.id}")


def is_refused(run_id: UUID) -> bool:
    """Whether this tab's browser can't ask the route, so that the page has to be drawn anew by a timer."""
    return bool(st.session_state.get(_refused_key(run_id)))


def _show(run: RunProgress, shown: dict[str, object], *, key: str) -> None:
    run_id = run.summary.id
    data = {"run": str(run_id), "shape": run.shape, "is_refused": is_refused(run_id), **shown}
    _watch(data=data, key=key, on_told_change=lambda: _hear(key, run_id))


def _hear(key: str, run_id: UUID) -> None:
    heard = st.session_state.get(key)  # nothing once the run has ended, and its component gone, meanwhile
    told = heard and heard.told
    if told in {_REFUSED, _WORKS}:
        st.session_state[_refused_key(run_id)] = told == _REFUSED


def _refused_key(run_id: UUID) -> str:
    return f"is-refused-{run_id}"
