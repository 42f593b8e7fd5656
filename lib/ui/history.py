"""One step of the browser's Back for one step of a person.

When a page leads to another one with parameters, Streamlit writes two entries into the history: the old page's
path with the new parameters, then the new page's. Back from there stays where one is. Nothing in Python can leave the
first one out, so the browser is told to write the second one over it.
"""

from typing import Final

import streamlit as st

_JS: Final = """
const mark = Symbol.for("orchestrator-history");
export default function () {
  if (window[mark]) return;
  window[mark] = true;
  const push = history.pushState.bind(history);
  let isHalf = false;
  history.pushState = (data, title, url) => {
    const next = new URL(url, location.href);
    const isSamePage = next.pathname === location.pathname;
    const completes = isHalf && !isSamePage && next.search !== "" && next.search === location.search;
    isHalf = isSamePage;
    return completes ? history.replaceState(data, title, url) : push(data, title, url);
  };
  // whatever somebody does begins another step: a copy's page and the launch of the copy have the same parameters
  for (const act of ["popstate", "pointerdown", "keydown"]) addEventListener(act, () => { isHalf = false; }, true);
}
"""
_write_whole_steps = st.components.v2.component("orchestrator_history", js=_JS)


def write_whole_steps() -> None:
    """Have the browser keep one entry of its history for each step; to be drawn on every page."""
    _write_whole_steps(key="orchestrator-history")
