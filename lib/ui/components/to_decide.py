"""The way to what waits for somebody's word on a run's page: it stands below numbers, timeline and answer."""

from typing import Final
from uuid import UUID, uuid4

import streamlit as st

from lib.ui import state

#: Of the card of the first operations that wait.
OPERATIONS: Final = "operations-to-approve"
# A page of Streamlit's is drawn piece by piece, so the card may come later than this. Its end is shown, and with it as
# much of the answer above as there is room for; its beginning where it is higher than the window. Whoever has scrolled
# meanwhile is left where they are.
_JS: Final = """
const PATIENCE = 8000, PAUSE = 100, SETTLED = 600;
const brought = new Set();

export default function ({ data }) {
  if (brought.has(data.once)) return;
  brought.add(data.once);
  const begun = performance.now(), acts = ["wheel", "touchmove", "keydown", "pointerdown"];
  let isOver = false, foundAt = 0;
  const end = () => { isOver = true; for (const act of acts) removeEventListener(act, end, true); };
  for (const act of acts) addEventListener(act, end, true);
  const turn = () => {
    const now = performance.now();
    if (isOver || now - begun > PATIENCE) return end();
    const heading = document.querySelector(data.headings);
    const card = heading?.closest("[data-testid=stVerticalBlock][class*=st-key-]");
    if (card) {
      foundAt ||= now;
      const isHigher = card.clientHeight > 0.9 * innerHeight;
      card.scrollIntoView({ block: isHigher ? "start" : "end" });
      if (now - foundAt > SETTLED) return end();
    }
    setTimeout(turn, PAUSE);
  };
  turn();
}
"""
_bring = st.components.v2.component("orchestrator_to_decide", js=_JS)


def anchor_of(phase_position: int) -> str:
    """Of the card of an answer that waits."""
    return f"review-{phase_position + 1}"


def bring_to_decide(run_id: UUID) -> None:
    """Show what waits for somebody's word, once, where the reader has come for that; to be drawn below the page."""
    if st.session_state.get(state.BRINGS_TO_DECIDE) != str(run_id):
        return
    del st.session_state[state.BRINGS_TO_DECIDE]
    data = {"once": str(uuid4()), "headings": f'h3[id^="review-"], h3[id="{OPERATIONS}"]'}
    _bring(data=data, key="bring-to-decide")
