"""A run's document as a file that people read: Markdown, and HTML that needs nothing beside itself.

What people and models wrote is data: in Markdown it can't end the block that it stands in, in HTML every character of
it is escaped, answers are rendered as on the page (no HTML, images or links), and the content security policy of the
file lets nothing be loaded or run.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from lib.config import ROOT
from lib.models.operation import OperationStatus
from lib.models.review import Decision
from lib.runs.exporting.structures import ExportedOperation, ExportedPhase, ExportedWord, RunDocument
from lib.ui import words
from lib.ui.components.answer import render_whole
from lib.ui.components.status import DECIDED, OPERATION, PHASE, RUN

_MEANING: Final = re.compile(r"([\\`*_\[\]<>#|~])")
_STYLE: Final = (ROOT / "lib" / "ui" / "run_file.css").read_text(encoding="utf-8")
_PAGE: Final = Markup(
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'\">"
    '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
    "<title>{}</title><style>{}</style></head>\n<body>\n<h1>{}</h1>\n<dl>{}</dl>\n{}"
    '<p class="note">{}</p>\n</body></html>\n'
)
_FACT: Final = Markup("<dt>{}</dt><dd>{}</dd>\n")
_PHASE: Final = Markup('<section>\n<h2>{} {}</h2>\n<p class="note">{}</p>\n{}{}{}{}{}</section>\n')
_PROMPT: Final = Markup("<h3>Prompt</h3>\n<pre>{}</pre>\n")
_ANSWER: Final = Markup("<h3>Answer</h3>\n{}")
_SAID: Final = Markup("<h3>{}</h3>\n<ul>\n{}</ul>\n")
_WORD: Final = Markup("<li>{}{}</li>\n")
_ERROR: Final = Markup("<h3>What went wrong</h3>\n<p>{}</p>\n")


def write_html(document: RunDocument) -> bytes:
    """One file that a browser shows and prints."""
    style = Markup(_STYLE)  # noqa: S704 our own words
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    title = words.line(document.run.title)
    facts = Markup("").join(_FACT.format(words.line(label), words.visible(value)) for label, value in _facts(document))
    phases = Markup("").join([*map(_html_phase, document.phases), _html_said("Comments", _comments(document))])
    return _PAGE.format(digest, title, style, title, facts, phases, _footer(document)).encode()


def write_markdown(document: RunDocument) -> bytes:
    """One file for whatever reads Markdown; answers stand in it as they were written."""
    parts = [
        f"# {_escape(document.run.title)}",
        "\n".join(f"* **{_escape(label)}**: {_escape(value)}" for label, value in _facts(document)),
    ]
    for phase in document.phases:
        parts += [f"## {phase.position + 1} {_escape(phase.name)}", f"_{_escape(_meta(phase))}_"]
        if phase.prompt is not None:
            parts += ["### Prompt", _fenced(words.visible(phase.prompt))]
        if phase.error:
            parts += ["### What went wrong", _escape(phase.error)]
        if phase.answer:
            parts += ["### Answer", words.visible(phase.answer)]
        parts += _markdown_said("### Review", _reviews(phase))
        parts += _markdown_said("### Operations", _operations(phase))
    parts += _markdown_said("## Comments", _comments(document))
    return ("\n\n".join([*parts, "---", _escape(_footer(document))]) + "\n").encode()


def _html_phase(phase: ExportedPhase) -> Markup:
    return _PHASE.format(
        phase.position + 1,
        words.line(phase.name),
        _meta(phase),
        "" if phase.prompt is None else _PROMPT.format(words.visible(phase.prompt)),
        _ERROR.format(words.visible(phase.error)) if phase.error else "",
        _ANSWER.format(render_whole(phase.answer)) if phase.answer else "",
        _html_said("Review", _reviews(phase)),
        _html_said("Operations", _operations(phase)),
    )


def _html_said(title: str, said: Sequence[tuple[str, str]]) -> Markup:
    """A list of who did what, and what they said; nothing where nobody did."""
    lines = (_WORD.format(words.line(who), f": {words.visible(text)}" if text else "") for who, text in said)
    return _SAID.format(title, Markup("").join(lines)) if said else Markup("")


def _markdown_said(title: str, said: Sequence[tuple[str, str]]) -> list[str]:
    """The same in Markdown."""
    lines = (f"* {_escape(who)}{f': {_escape(text)}' if text else ''}" for who, text in said)
    return [title, "\n".join(lines)] if said else []


def _reviews(phase: ExportedPhase) -> list[tuple[str, str]]:
    """Who said what of the answer."""
    return [
        (f"{word.by} {DECIDED[word.decision]}{_before(word)}, {words.exact(word.said_at)}", word.comment)
        for word in phase.reviews
    ]


def _operations(phase: ExportedPhase) -> list[tuple[str, str]]:
    """What was to be done after it, and what became of that."""
    return [(f"{each.name} ({_standing(each)})", each.message or each.does) for each in phase.operations]


def _standing(operation: ExportedOperation) -> str:
    """In a few words."""
    said = [OPERATION["dry_run" if operation.is_dry_run else operation.status].word.lower()]
    if operation.decided_by and operation.decided_at:
        is_rejected = operation.status is OperationStatus.REJECTED
        by = f"by {operation.decided_by}, {words.exact(operation.decided_at)}"
        said.append(by if is_rejected else f"approved {by}")
    if operation.is_reused:
        said.append("by the run before")
    elif operation.completed_at and not (operation.is_dry_run or operation.message):
        said.append(words.exact(operation.completed_at))
    return " · ".join(said)


def _before(word: ExportedWord) -> str:
    is_approval = word.decision in {Decision.APPROVE, Decision.APPROVE_WITH_EDITS}
    return " before it was edited" if is_approval and not word.is_counted else ""


def _comments(document: RunDocument) -> list[tuple[str, str]]:
    """Who said what of the run or of one of its phases."""
    names = {phase.code: phase.name for phase in document.phases}
    return [
        (
            f"{comment.by}{f' on {names.get(comment.phase, comment.phase)}' if comment.phase else ''}, "
            f"{words.exact(comment.written_at)}",
            comment.text,
        )
        for comment in document.comments
    ]


def _facts(document: RunDocument) -> Iterator[tuple[str, str]]:
    run = document.run
    version = f", version {run.template_version}" if run.template_version else ""
    yield "Status", RUN[run.status].word
    yield "Project", run.project
    yield "Topic", run.topic
    yield "Template", run.template + version
    if run.model:
        yield "Model", run.model
    for answer in run.inputs:
        if answer.value is not None:
            yield answer.label, str(answer.value)
    yield "Launched", f"{words.exact(run.created_at)}, by {run.launched_by}"
    if run.execution_time_ms is not None:
        yield "Took", words.duration(run.execution_time_ms / 1000)
    yield "Cost", words.money(run.cost_usd)
    yield "Tokens", words.number(run.total_tokens)
    if run.goes_on_from:
        yield "Goes on from", str(run.goes_on_from)
    yield "Run", str(run.id)


def _meta(phase: ExportedPhase) -> str:
    said = [PHASE[phase.status].word]
    if phase.model and phase.answer is not None:
        said.append(f"{phase.model}, edited by a person" if phase.model_answer is not None else phase.model)
    if phase.is_reused:
        return words.line(" · ".join([*said, "reused from the run before"]))
    if phase.prompt_tokens is not None:
        said += [
            words.tokens(phase.prompt_tokens + (phase.completion_tokens or 0)),
            f"cost {words.money(phase.cost_usd)}",
        ]
    if phase.execution_time_ms is not None:
        said.append(words.duration(phase.execution_time_ms / 1000))
    if phase.finish_reason == "length":
        said.append("cut off at the model's limit of tokens")
    return words.line(" · ".join(said))


def _footer(document: RunDocument) -> str:
    prompts = "" if document.has_prompts else ", without prompts"
    return f"Exported {words.exact(document.exported_at)}{prompts}."


def _escape(text: str) -> str:
    """Somebody's words inside a line of Markdown."""
    return _MEANING.sub(r"\\\1", words.line(text))


def _fenced(text: str) -> str:
    """A block of code that nothing in it ends: its fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
