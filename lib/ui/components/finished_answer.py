"""An answer that is written, as what it is: text, or JSON by its fields."""

from contextlib import suppress
from uuid import UUID

from lib.runs.service import get_texts
from lib.runs.views import PhaseFigures
from lib.templates.json_output.parsing import NotJson, parse_json
from lib.ui import words
from lib.ui.components.answer import AT_ONCE
from lib.ui.components.json_view import show_json
from lib.ui.components.long_answer import show_long_answer


def show_finished_answer(run_id: UUID, phase: PhaseFigures, text: str) -> None:
    """Draw the answer of the phase's newest attempt.

    What was to be JSON and is none, or is longer than a browser draws at once, is drawn as the text that it is.
    """
    attempt_id = phase.newest.id
    if phase.is_json and len(text) <= AT_ONCE:
        with suppress(NotJson):
            show_json(parse_json(text), key=f"json-{attempt_id}")
            return
    ending = ".json" if phase.is_json else ".md"
    show_long_answer(
        text,
        key=f"answer-{attempt_id}",
        read=lambda actor: get_texts(actor, run_id, attempt_id).response,
        file_name=words.file_name(f"phase {phase.position + 1}", phase.name, ending=ending),
    )
