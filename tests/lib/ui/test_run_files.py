"""A run as a file that people read: nothing in it means anything, and a long answer is no trouble."""

import base64
import hashlib
import re
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from lib import clock
from lib.models.operation import OperationStatus
from lib.models.review import Decision
from lib.runs.exporting.structures import (
    ExportedComment,
    ExportedInput,
    ExportedOperation,
    ExportedPhase,
    ExportedRun,
    ExportedWord,
    RunDocument,
)
from lib.ui.run_files import write_html, write_markdown

NASTY = '<script>alert(1)</script> ![x](https://evil.example/x.png) "quoted" \u202e</pre></style>'


WORD = ExportedWord(
    by="Mona",
    decision=Decision.APPROVE_WITH_EDITS,
    comment="Shorter.",
    is_counted=True,
    said_at=datetime(2025, 11, 28, 9, 30, tzinfo=UTC),
)
COMMENT = ExportedComment(by="Max", phase="a", text="Worth *reading*.", written_at=WORD.said_at)

OPERATION = ExportedOperation(
    type="http.request",
    name="Tell the tracker",
    status=OperationStatus.COMPLETED,
    is_dry_run=False,
    is_reused=False,
    does="POST https://api.example/items with 40 bytes",
    decided_by="Mona",
    decided_at=WORD.said_at,
    attempts=1,
    completed_at=WORD.said_at,
    message=None,
)


def document(**changes: Any) -> RunDocument:
    phase = {
        "code": "a",
        "name": "Ideas",
        "position": 0,
        "depends_on": (),
        "status": "completed",
        "attempt": 1,
        "model": "openai:gpt-4o",
        "is_reused": False,
        "prompt": "Write.",
        "answer": "# Loud\n\n**Bold** and `code`",
        "model_answer": None,
        "reviews": (),
        "operations": (),
        "prompt_tokens": 150,
        "completion_tokens": 800,
        "cost_usd": None,
        "execution_time_ms": 5_000,
        "finish_reason": "stop",
        "error": None,
    } | changes.pop("phase", {})
    run = {
        "id": UUID(int=7),
        "title": "A run",
        "status": "completed",
        "topic": "Boats",
        "project": "Folding",
        "launched_by": "Max",
        "template": "Two steps",
        "template_version": 3,
        "model": "openai:gpt-4o",
        "created_at": clock.now(),
        "started_at": None,
        "completed_at": None,
        "execution_time_ms": 61_000,
        "total_tokens": 950,
        "cost_usd": None,
        "inputs": (ExportedInput(name="who", label="Audience", value="Fishers"),),
        "integration_enabled": True,
        "goes_on_from": None,
        "goes_on_with": None,
    } | changes.pop("run", {})
    return RunDocument(
        exported_at=clock.now(),
        has_prompts=True,
        run=ExportedRun(**run),
        phases=(ExportedPhase(**phase),),
        comments=tuple(changes.pop("comments", ())),
    )


def html_of(**changes: Any) -> str:
    return write_html(document(**changes)).decode()


def test_html_says_it_all() -> None:
    page = html_of()
    for said in (
        "<h1>A run</h1>",
        "<dd>Boats</dd>",
        "<dt>Audience</dt><dd>Fishers</dd>",
        "<dd>unknown</dd>",
        "<h2>1 Ideas</h2>",
        "<pre>Write.</pre>",
        "<strong>Bold</strong>",
        "950 tokens",
        "1 min 1 s",
    ):
        assert said in page, said
    assert "<h4>Loud</h4>" in page, "below the page's own headings"


@pytest.mark.parametrize(
    "changes",
    [
        {"run": {"title": NASTY}},
        {"run": {"topic": NASTY}},
        {"run": {"inputs": (ExportedInput(name="a", label=NASTY, value=NASTY),)}},
        {"phase": {"name": NASTY}},
        {"phase": {"prompt": NASTY}},
        {"phase": {"answer": NASTY}},
        {"phase": {"error": NASTY}},
        {"phase": {"model": NASTY}},
        {"phase": {"reviews": (WORD.model_copy(update={"by": NASTY}),)}},
        {"phase": {"reviews": (WORD.model_copy(update={"comment": NASTY}),)}},
        {"phase": {"operations": (OPERATION.model_copy(update={"name": NASTY, "decided_by": NASTY}),)}},
        {"phase": {"operations": (OPERATION.model_copy(update={"does": NASTY}),)}},
        {"phase": {"operations": (OPERATION.model_copy(update={"message": NASTY}),)}},
        {"comments": [COMMENT.model_copy(update={"by": NASTY})]},
        {"comments": [COMMENT.model_copy(update={"text": NASTY})]},
    ],
    ids=str,
)
def test_nothing_that_somebody_wrote_means_anything_in_html(changes: dict[str, Any]) -> None:
    page = html_of(**changes)
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert page.count("</style>") == 1
    assert "&lt;script&gt;" in page


def test_html_loads_and_runs_nothing() -> None:
    page = html_of()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert not re.findall(r"(?:src|href)=|url\(|@import| on\w+=", page)


def test_markdown_keeps_the_answer_and_nothing_ends_its_block() -> None:
    prompt = "Before\n```\nfenced\n````\n# no heading"
    text = write_markdown(document(run={"title": "# *A* [run](x)"}, phase={"prompt": prompt})).decode()
    assert text.startswith(r"# \# \*A\* \[run\](x)" + "\n")
    assert f"`````text\n{prompt}\n`````" in text
    assert "**Bold** and `code`" in text
    assert "_Completed · openai:gpt-4o · 950 tokens · cost unknown · 5.0 s_" in text


def test_both_say_who_has_written_and_approved_an_answer_and_what_was_said_of_it() -> None:
    early = WORD.model_copy(update={"by": "Alice", "decision": Decision.APPROVE, "comment": "", "is_counted": False})
    reviewed = document(phase={"model_answer": "Long", "reviews": (early, WORD)}, comments=[COMMENT])
    text, page = write_markdown(reviewed).decode(), write_html(reviewed).decode()
    assert "openai:gpt-4o, edited by a person" in text
    assert "* Alice approved it before it was edited, 28 Nov 2025, 09:30 UTC\n* Mona edited and approved it, " in text
    assert "09:30 UTC: Shorter." in text
    assert r"* Max on Ideas, 28 Nov 2025, 09:30 UTC: Worth \*reading\*." in text
    for said in ("edited by a person", "Mona edited and approved it, 28 Nov 2025, 09:30 UTC: Shorter.", "Max on Ideas"):
        assert said in page, said
    assert "Review" not in html_of()
    assert b"Comments" not in write_markdown(document())


def test_both_say_briefly_what_operations_did() -> None:
    dry = {"is_dry_run": True, "decided_by": None, "decided_at": None, "name": "Post it"}
    refused = {"status": OperationStatus.REJECTED, "message": "Not this one.", "name": "Keep it"}
    changed = (OPERATION, OPERATION.model_copy(update=dry), OPERATION.model_copy(update=refused))
    page, text = (write(document(phase={"operations": changed})).decode() for write in (write_html, write_markdown))
    assert "<h3>Operations</h3>" in page
    assert "### Operations" in text
    for said in (
        "Tell the tracker (done · approved by Mona, 28 Nov 2025",
        "POST https://api.example/items with 40 bytes",
        "Post it (dry run)",
        "Keep it (rejected · by Mona, 28 Nov 2025",
        "Not this one.",
    ):
        assert said in page, said
        assert said in text, said
    assert "Operations" not in html_of()


def test_without_prompts_there_is_no_heading_for_them() -> None:
    without = document(phase={"prompt": None})
    assert b"Prompt" not in write_markdown(without)
    assert b"Prompt" not in write_html(without)


def test_megabyte_of_an_answer_is_written_whole() -> None:
    paragraph = "Sales **fell** by *19 %* and `recovered` in the spring.\n\n"
    answer = paragraph * (1_000_000 // len(paragraph))
    began = time.process_time()
    page = html_of(phase={"answer": answer})
    assert time.process_time() - began < 20
    assert page.count("<strong>fell</strong>") == answer.count("fell")
    assert answer.strip() in write_markdown(document(phase={"answer": answer})).decode()
