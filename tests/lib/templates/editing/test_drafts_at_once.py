"""Two tabs of one person that write at the same moment: both edits are there, whichever began the draft."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from lib.errors import InvalidInput, NotFound, NotPermitted
from lib.templates.editing.content import codes_of, phases_of, set_phase_field, set_sample
from lib.templates.editing.service import edit_draft, open_desk, save_draft
from lib.templates.publishing import publish_template
from lib.templates.service import TemplateDetails, create_template
from tests.cast import Cast
from tests.drafts import find_draft

pytestmark = pytest.mark.usefixtures("installation")


def make(cast: Cast) -> UUID:
    return create_template(cast.max, TemplateDetails(name="Brief"))


def test_edits_at_the_same_moment_are_all_kept(cast: Cast) -> None:
    template_id = make(cast)

    def write(number: int) -> None:
        edit_draft(cast.max, template_id, lambda content: set_sample(content, ("inputs", f"n{number}"), number))

    with ThreadPoolExecutor(8) as people:
        list(people.map(write, range(8)))
    assert open_desk(cast.max, template_id).content["samples"]["inputs"] == {
        f"n{number}": number for number in range(8)
    }


def test_what_cannot_be_stored_is_replaced_and_the_rest_kept(cast: Cast) -> None:
    template_id = make(cast)
    pasted = "a\x00b \ud800 \\u0000"
    edit_draft(cast.max, template_id, lambda content: set_sample(content, ("topic",), pasted))
    assert open_desk(cast.max, template_id).content["samples"]["topic"] == "a\ufffdb \ufffd \\u0000"


def test_draft_that_was_written_on_while_it_was_saved_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    template_id = make(cast)
    name = "lib.templates.editing.service.save_version"
    from lib.templates.versions.service import save_version

    def save_and_write_on(*arguments: object, **named: object) -> object:
        saved = save_version(*arguments, **named)  # type: ignore[arg-type] # handed on as they come
        edit_draft(cast.max, template_id, lambda content: set_sample(content, ("topic",), "Later"))
        return saved

    edit_draft(cast.max, template_id, lambda content: content | {"data": content["data"] | {"description": "New"}})
    monkeypatch.setattr(name, save_and_write_on)
    assert save_draft(cast.max, template_id, note="").version == 2
    draft = find_draft(cast.max, template_id)
    assert draft
    assert (draft.base_version, draft.content["samples"]) == (2, {"topic": "Later"})


def test_draft_of_what_one_may_not_edit_is_not_begun(cast: Cast) -> None:
    template_id = make(cast)
    for actor in (cast.vera, cast.charlie):
        with pytest.raises(NotFound):
            edit_draft(actor, template_id, lambda content: content)
    publish_template(cast.mona, template_id)
    for ask in (open_desk, lambda *who: edit_draft(*who, lambda content: content)):
        with pytest.raises(NotPermitted):
            ask(cast.vera, template_id)


def test_prompt_that_no_version_could_have_is_refused_and_the_draft_is_as_it_was(cast: Cast) -> None:
    template_id = make(cast)
    code = codes_of(open_desk(cast.max, template_id).content)[0]
    edit_draft(cast.max, template_id, lambda content: set_phase_field(content, code, ("prompt",), "Kept"))
    with pytest.raises(InvalidInput, match=r"has 400 kB with that; 200 kB is the most[.] The draft is as it was"):
        edit_draft(cast.max, template_id, lambda content: set_phase_field(content, code, ("prompt",), "ä" * 200_001))
    assert phases_of(open_desk(cast.max, template_id).content)[0]["prompt"] == "Kept"
    edit_draft(cast.max, template_id, lambda content: set_phase_field(content, code, ("prompt",), "x" * 200_000))
