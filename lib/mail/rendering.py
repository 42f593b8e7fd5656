"""A mail's words: subject, text and HTML, from the two templates of its kind.

Names are anybody's: they are escaped in HTML, are one line everywhere, and are kept from becoming links, or our mails
would carry whatever somebody calls their organization. The only link is our own. Nothing is loaded from anywhere.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lib.clock import find_zone
from lib.mail.message import MailKind, find_page_path

_TEMPLATES: Final = Path(__file__).with_name("templates")
_SUBJECT: Final = "Subject: "
_LONGEST_VALUE: Final = 100
#: Sentences, in which names of anybody's stand.
_LONGEST: Final = {"reason": 500}
#: Shown as they are: nobody's own words, or an address, which may have to be compared or copied.
_AS_THEY_ARE: Final = frozenset({"new_email", "when", "where", "days", "run"})
#: What mail programs make links of by themselves, in the middle of a word.
_LINKING: Final = re.compile(r"(?<=\S)(?=[.:/@]\S)")
#: A number, which no mail program takes for an address.
_FIGURE: Final = re.compile(r"<?\$?[0-9,]+(\.[0-9]+)?( (%|ms|s|more: <?\$[0-9,.]+|\([0-9.]+ %\)))?")
_WORD_JOINER: Final = "\u2060"
#: Control and format characters (directions, zero widths), halves of characters, breaks of lines and paragraphs.
_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

_text = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 plain text
    trim_blocks=True,
    lstrip_blocks=True,
)
_html = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail as people read it."""

    subject: str
    text: str
    html: str


def render(kind: MailKind, values: Mapping[str, str], *, base_url: str, path: str = "") -> Rendered:
    """The mail of this kind. `path` is that of a one-time link, on `base_url`, where people reach the dashboard."""
    path = path or find_page_path(kind, values)
    shown: dict[str, Any] = {name: _shown(name, value) for name, value in values.items()}
    if "report" in values:
        shown["report"] = _shown_all(json.loads(values["report"]))
    if "due" in values:
        shown["due"] = _on_the_clock(values["due"], zone=values.get("time_zone", "UTC"))
    shown |= {"site": base_url, "host": urlsplit(base_url).netloc, "link": f"{base_url}{path}" if path else ""}
    written = _text.get_template(f"{kind}.txt").render(shown)
    subject, _, text = written.partition("\n")
    subject = subject.removeprefix(_SUBJECT).strip()
    html = _html.get_template(f"{kind}.html").render(shown, subject=subject)
    return Rendered(subject=subject, text=text.strip() + "\n", html=html)


def _on_the_clock(moment: str, *, zone: str) -> str:
    """A moment as the reader's clock shows it: "28 Nov 2025, 15:11 (CET)"."""
    local = datetime.fromisoformat(moment).astimezone(find_zone(zone))
    return f"{local.day} {local:%b %Y, %H:%M} ({local:%Z})"


def _shown_all(value: object) -> object:
    """The same of all words within a structure."""
    if isinstance(value, dict):
        return {name: _shown_all(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shown_all(part) for part in value]
    return _shown("", str(value))


def _shown(name: str, value: str) -> str:
    """Somebody's words on one line, without what hides, and no link."""
    spaced = "".join(" " if letter.isspace() else letter for letter in value)
    seen = "".join(letter for letter in spaced if unicodedata.category(letter) not in _HIDDEN)
    line = " ".join(seen.split())
    if name in _AS_THEY_ARE:
        return line
    longest = _LONGEST.get(name, _LONGEST_VALUE)
    short = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
    return short if _FIGURE.fullmatch(short) else _LINKING.sub(_WORD_JOINER, short)
