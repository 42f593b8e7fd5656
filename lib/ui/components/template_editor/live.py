"""What is typed in the editor reaches the draft while it is typed, and not only once its field is left.

Streamlit sends a text when its field loses the focus, or at Ctrl+Enter. The browser tells it so after each pause: the
field keeps focus, caret and its undo, for nobody sets its value.
"""

from typing import Final

import streamlit as st

_JS: Final = """
const PAUSE = 600;
const FIELDS = '[class*="st-key-edit-"] :is(.stTextArea textarea, .stTextInput input)';
const waiting = new Map();

export default function () {
  const events = new AbortController();
  const options = { capture: true, signal: events.signal };
  document.addEventListener("input", typed, options);
  document.addEventListener("visibilitychange", () => document.hidden && sendAll(), options);
  window.addEventListener("beforeunload", leave, options);
  return () => { events.abort(); sendAll(); };
}

function typed({ target, isComposing }) {
  if (!target.matches?.(FIELDS)) return;
  clearTimeout(waiting.get(target));
  waiting.delete(target);
  if (!isComposing) waiting.set(target, setTimeout(send, PAUSE, target)); // half a letter of an input method is none
}

/* The server forgets what comes in the moment in which the tab is closed: whoever leaves within a pause is asked. */
function leave(event) {
  if (!waiting.size) return;
  sendAll();
  event.preventDefault();
}

function sendAll() {
  for (const field of [...waiting.keys()]) send(field);
}

/* The field is not left. Streamlit hears that it is, takes what stands there, and hears that it is come back to. */
function send(field) {
  clearTimeout(waiting.get(field));
  waiting.delete(field);
  if (field !== document.activeElement) return; // it was left, and has sent it
  field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  field.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
}
"""
_listen = st.components.v2.component("orchestrator_live", html="<span hidden></span>", js=_JS, isolate_styles=False)


def send_while_typing() -> None:
    """Have the editor's fields of text send what is typed after each pause, and ask who closes the tab within one."""
    _listen(key="live")
