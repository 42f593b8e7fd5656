"""A template comes in as a file or as text, and goes out as a file."""

from typing import Any
from uuid import UUID

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.templates.files import TemplateFile, export_template, read_template_file
from lib.templates.gallery import list_templates
from lib.templates.service import TemplateDetails, create_template
from lib.ui import state
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("installation")

FAULTY = "name: Brief\ndata:\n  phases:\n    - {code: A, name: First, promt: Write.}\n"
RIGHT = FAULTY.replace("promt", "prompt")


def _page() -> None:
    from lib.templates.gallery import list_templates
    from lib.ui import feedback, guard
    from lib.ui.components.template_files import show_export_button, show_import_button

    actor = guard.require_actor()
    show_import_button(actor)
    for template in list_templates(actor).items:
        show_export_button(actor, template)
    feedback.show_notices()


def _open(secret: str) -> AppTest:
    at = AppTest.from_function(_page)
    at.session_state[state.SESSION_ID] = secret
    return at.run()


def _press(at: AppTest, *, is_sent: bool = False) -> AppTest:
    """With the dialog open: AppTest draws it anew where a browser keeps it."""
    at.button(key="template-import").click()
    if is_sent:
        at.button(key="template-import-now").click()
    at.run()
    assert not at.exception
    return at


def test_text_is_read_once_while_it_is_the_same(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def note(content: bytes) -> TemplateFile:
        read.append(content)
        return read_template_file(content)

    monkeypatch.setattr("lib.ui.components.template_files.read_template_file", note)
    at = _press(_open(cast.secret_of(cast.max)))
    at.text_area(key="template-import-text").set_value(FAULTY)
    _press(at)
    _press(at)
    assert read == [FAULTY.encode()]
    at.text_area(key="template-import-text").set_value(RIGHT)
    _press(at)
    assert read == [FAULTY.encode(), RIGHT.encode()]


def _names(actor: Actor) -> list[str]:
    return [template.name for template in list_templates(actor).items]


def test_file_is_named_and_an_empty_one_is_said_to_be_at_once(cast: Cast) -> None:
    at = _press(_open(cast.secret_of(cast.max)))
    for name, content, said in (
        ("empty.yaml", b"", "it is empty"),
        ("blank.yaml", b" \n", "it is empty"),
        ("brief.txt", RIGHT.encode(), "**Brief** · 1 phase"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0", "it is no text; choose a YAML file"),
        ("large.yaml", b"#" * 2_000_000, "it has 2,000,000 bytes; 1,000,000 is the most"),
        ("brief.yaml", RIGHT.encode(), "**Brief** · 1 phase"),
    ):
        at.file_uploader(key="template-import-file").set_value([(name, content, "application/yaml")])
        _press(at)
        words = [markdown.value.replace("\\", "") for markdown in at.markdown]
        assert f":gray[From {name}:]" in words
        assert any(said in each for each in words), words
        assert sum("is no text" in each for each in words) == (name == "picture.png"), "nothing of the file before"


def test_text_with_a_fault_stays_and_its_line_is_shown(cast: Cast) -> None:
    at = _press(_open(cast.secret_of(cast.max)))
    at.text_area(key="template-import-text").set_value(FAULTY)
    _press(at, is_sent=True)
    said = [markdown.value for markdown in at.markdown]
    assert any(text.startswith("**Line 4**, column 30: data, phases 1\\: “promt” is not known") for text in said), said
    assert at.code[0].value == "    - {code: A, name: First, promt: Write.}"
    assert at.text_area(key="template-import-text").value == FAULTY
    assert _names(cast.max) == []


def test_text_and_file_become_drafts_and_are_opened(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(st, "switch_page", lambda page, query_params: opened.append((page, query_params)))
    at = _press(_open(cast.secret_of(cast.max)))
    at.text_area(key="template-import-text").set_value(RIGHT)
    _press(at, is_sent=True)
    assert "**Brief** · 1 phase · 0 questions" in at.markdown[1].value
    at.file_uploader(key="template-import-file").set_value(
        ("b.yaml", RIGHT.replace("Brief", "B").encode(), "text/yaml")
    )
    _press(at, is_sent=True)
    assert sorted(_names(cast.max)) == ["B", "Brief"]
    ids = {str(template.id) for template in list_templates(cast.max).items}
    assert {page for page, _ in opened} == {"pages/template.py"}
    assert {parameters["template"] for _, parameters in opened} == ids


def test_nothing_given_is_said(cast: Cast) -> None:
    at = _press(_press(_open(cast.secret_of(cast.max))), is_sent=True)
    assert at.markdown[-1].value.endswith("Choose a file, or paste its text.")


def test_who_may_make_no_templates_is_not_asked_for_files(cast: Cast) -> None:
    assert not _open(cast.secret_of(cast.vera)).button


def test_export_is_made_when_it_is_asked_for_by_whoever_is_there_then(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    template_id = create_template(cast.max, TemplateDetails(name="Brief: “Umlaut ö”"))
    made: list[Any] = []

    def export(actor: Actor, template_id: UUID, version: int | None) -> bytes:
        made.append((actor.username, export_template(actor, template_id, version)))
        return made[-1][1]

    handed: dict[str, Any] = {}
    monkeypatch.setattr("lib.ui.components.template_files.export_template", export)
    monkeypatch.setattr(st, "download_button", lambda label, **options: handed.update(options))
    _open(cast.secret_of(cast.mona))
    assert handed["file_name"] == "template-brief-umlaut-o.yaml"
    assert made == []
    content = handed["data"]()
    assert made == [("mona", content)]
    assert read_template_file(content).name == "Brief: “Umlaut ö”"
    assert str(template_id) in handed["key"]
