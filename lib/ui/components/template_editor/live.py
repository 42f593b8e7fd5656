"""What is typed in the editor reaches the draft while it is typed, and not only once its field is left.

Streamlit sends a text when its field loses the focus, or at Ctrl+Enter. The browser tells it so after each pause: the
field keeps focus, caret and its undo, for nobody sets its value.

Where other words take the place of a field's, a button's for example, it is another field; what was typed into the old
one until then is put where it was typed, into the new one.
"""

from typing import Final

import streamlit as st

_JS: Final = """
const PAUSE = 600;
const FRAMES = 10;
const ON_ITS_WAY = 200;
const LINKS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]';
const FIELDS = '[class*="st-key-edit-"] :is(.stTextArea textarea, .stTextInput input)';
const waiting = new Map();
const begun = new WeakMap(); /* field -> what it said when that was sent last, or when it was entered */
const names = new WeakMap();
const heirs = new WeakMap(); /* field that was taken away -> the one in its place, while that is not filled yet */
const held = new WeakMap(); /* such an heir -> what is typed into it meanwhile */
let sentAt = -ON_ITS_WAY;

export default function () {
  const events = new AbortController();
  const options = { capture: true, signal: events.signal };
  document.addEventListener("beforeinput", hold, options);
  document.addEventListener("input", typed, options);
  document.addEventListener("pointerdown", sendAll, options);
  document.addEventListener("click", follow, options);
  document.addEventListener("visibilitychange", () => document.hidden && sendAll(), options);
  document.addEventListener("focusin", ({ target }) => target.matches?.(FIELDS) && enter(target), options);
  document.addEventListener("focusout", ({ target }) => setTimeout(left, 0, target), options);
  window.addEventListener("beforeunload", leave, options);
  const observer = new MutationObserver(carryAll);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => { observer.disconnect(); events.abort(); sendAll(); };
}

function enter(field) {
  if (!waiting.has(field)) begun.set(field, field.value);
  names.set(field, nameOf(field));
}

/* Streamlit sends it. A field is also left, for the browser, when it is taken away, and then nobody has sent it. */
function left(field) {
  if (!field.isConnected || field === document.activeElement) return;
  clearTimeout(waiting.get(field));
  waiting.delete(field);
}

/* Without the number that tells a field from the one that it takes the place of. */
function nameOf(field) {
  const classes = field.closest('[class*="st-key-edit-"]').classList;
  return [...classes].find((name) => name.startsWith("st-key-edit-")).replace(/-\\d+$/, "");
}

function carryAll() {
  for (const field of [...waiting.keys()]) if (!field.isConnected) carry(field);
}

function carry(old) {
  const heir = heirs.get(old);
  if (heir?.isConnected) return;
  const next = [...document.querySelectorAll(FIELDS)].find((field) => nameOf(field) === names.get(old));
  if (!next) return; // it is drawn in a moment, or its phase is not shown any more
  clearTimeout(waiting.get(old));
  heirs.set(old, next);
  held.set(next, held.get(heir) ?? "");
  if (document.activeElement === document.body) next.focus({ preventScroll: true });
  putInto(next, old, FRAMES);
}

/* Streamlit draws a field empty and fills it right after, often before anybody could look. What is put into it earlier
   takes the place of what it was to be filled with. One that stays empty for some frames has nothing to be filled
   with. */
function putInto(next, old, frames) {
  if (!next.isConnected) return; // and has an heir in its turn
  if (!next.value && frames) return void requestAnimationFrame(() => putInto(next, old, frames - 1));
  const now = next.value;
  const [text, caret] = merge(begun.get(old), old.value, now);
  const more = held.get(next);
  waiting.delete(old);
  held.delete(next);
  const put = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(next), "value").set;
  put.call(next, text.slice(0, caret) + more + text.slice(caret));
  names.set(next, nameOf(next));
  begun.set(next, now);
  next.dispatchEvent(new Event("input", { bubbles: true }));
  if (document.activeElement === next) next.setSelectionRange(caret + more.length, caret + more.length);
  else next.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
}

function hold(event) {
  const { target, inputType, data } = event;
  if (!held.has(target)) return;
  event.preventDefault();
  const more = inputType === "insertLineBreak" ? "\\n" : inputType === "insertText" ? data : "";
  held.set(target, held.get(target) + more);
}

/* What was typed between `before` and `after`, put into `now`: in its place, or at the end where that is gone. */
function merge(before, after, now) {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < least - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const typed = after.slice(head, after.length - tail);
  const kept = before.slice(0, before.length - tail);
  if (!now.startsWith(kept)) return [`${now}\\n${typed}`, now.length + 1 + typed.length];
  return [now.slice(0, head) + typed + now.slice(kept.length), head + typed.length];
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

/* A tap leaves the field and follows the link in one moment. Streamlit sends the text last then, with the page that it
   stood on, and the server takes that for where one wants to be. The link waits until the text is on its way. */
function follow(event) {
  const link = event.target.closest?.(LINKS);
  if (!link || performance.now() - sentAt >= ON_ITS_WAY || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  setTimeout(() => link.isConnected && link.click(), ON_ITS_WAY);
}

function sendAll() {
  for (const field of [...waiting.keys()]) send(field);
}

/* The field is not left. Streamlit hears that it is, takes what stands there, and hears that it is come back to. */
function send(field) {
  clearTimeout(waiting.get(field));
  if (!field.isConnected) return; // its words are carried over
  waiting.delete(field);
  begun.set(field, field.value);
  if (field !== document.activeElement) return; // it was left, and has sent it
  sentAt = performance.now();
  field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  field.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
}
"""
_listen = st.components.v2.component("orchestrator_live", html="<span hidden></span>", js=_JS, isolate_styles=False)


def send_while_typing() -> None:
    """Have the editor's fields of text send what is typed after each pause, and ask who closes the tab within one."""
    _listen(key="live")
