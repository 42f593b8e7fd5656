"""Two people have the form of one project open: what each of them changed is kept, and nobody's words are lost."""

from dataclasses import replace

import pytest

from lib.errors import ChangedMeanwhile, InvalidInput
from lib.projects.service import create_project, entry_of, get_project, update_project
from lib.projects.structures import MOST_FACTS
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.projects.entries import ENTRY, stored
from tests.records import trail

pytestmark = pytest.mark.usefixtures("installation")


def test_changes_of_different_fields_are_put_together(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    seen = entry_of(get_project(cast.max, project_id))
    of_mona = replace(seen, topic="Renting them out", metadata={**seen.metadata, "team_size": 9, "budget": None})
    update_project(cast.mona, project_id, of_mona, seen=seen)
    facts = {"Sponsor": "Mona", "Room": "4.2"}
    of_max = replace(seen, name="Heat pumps 2", metadata={**seen.metadata, "complexity": "low", "custom": facts})
    assert update_project(cast.max, project_id, of_max, seen=seen)

    saved = stored(installation, project_id)
    assert (saved["name"], saved["topic"]) == ("Heat pumps 2", "Renting them out")
    assert saved["metadata"] == {"complexity": "low", "technologies": ["React"], "team_size": 9, "custom": facts}
    newest = trail(installation, "projects.update", project_id)[-1]
    assert set(newest["new_values"]) == {"name", "metadata"}, "what only mona changed is no change of max's"


def test_facts_are_put_together_one_by_one(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    for actor, facts in ((cast.mona, {"Sponsor": "Mona", "v1.0": "June"}), (cast.max, {"Room": "4.2"})):
        update_project(actor, project_id, replace(ENTRY, metadata={**ENTRY.metadata, "custom": facts}), seen=ENTRY)
    assert stored(installation, project_id)["metadata"]["custom"] == {"Room": "4.2", "v1.0": "June"}


def test_facts_of_two_people_are_together_no_more_than_there_may_be(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    for actor in (cast.mona, cast.max):
        facts = {f"{actor.username} {number}": "x" for number in range(MOST_FACTS)}
        entry = replace(ENTRY, metadata={**ENTRY.metadata, "custom": facts})
        if actor is cast.mona:
            update_project(actor, project_id, entry, seen=ENTRY)
            continue
        with pytest.raises(InvalidInput, match="custom"):
            update_project(actor, project_id, entry, seen=ENTRY)
    assert set(stored(installation, project_id)["metadata"]["custom"]) == {f"mona {n}" for n in range(MOST_FACTS)}


def test_same_change_of_both_is_none(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    entry = replace(ENTRY, name="Pumps", metadata={})
    assert update_project(cast.mona, project_id, entry, seen=ENTRY)
    assert not update_project(cast.max, project_id, entry, seen=ENTRY)
    assert len(trail(installation, "projects.update", project_id)) == 1


def test_field_that_both_changed_is_told_with_what_the_other_wrote(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    of_mona = replace(ENTRY, name="Mona's", description="", settings={"default_ai_model": "openai:gpt-4o"})
    update_project(cast.mona, project_id, of_mona, seen=ENTRY)
    before = stored(installation, project_id)

    of_max = replace(
        ENTRY, name="Max's", topic="New", description="For all", settings={"default_ai_model": "openai:gpt-4o-mini"}
    )
    with pytest.raises(ChangedMeanwhile, match="“Name”, “Description”, “Default model”") as told:
        update_project(cast.max, project_id, of_max, seen=ENTRY)
    assert told.value.theirs == {
        ("name",): "Mona's",
        ("description",): None,
        ("settings", "default_ai_model"): "openai:gpt-4o",
    }
    assert stored(installation, project_id) == before, "not even the topic, which nobody else has changed"


def test_whoever_was_told_writes_over_it_or_leaves_it(installation: Installation, cast: Cast) -> None:
    for choice, name in (("over", "Max's"), ("leaves", "Mona's")):
        project_id = create_project(cast.max, ENTRY)
        update_project(cast.mona, project_id, replace(ENTRY, name="Mona's"), seen=ENTRY)
        of_max = replace(ENTRY, name="Max's", topic="New")
        with pytest.raises(ChangedMeanwhile) as told:
            update_project(cast.max, project_id, of_max, seen=ENTRY)
        theirs = told.value.theirs
        if choice == "over":
            update_project(cast.max, project_id, of_max, seen=ENTRY, over=theirs)
        else:
            update_project(cast.max, project_id, of_max, seen=ENTRY, leaves=[*theirs])
        saved = stored(installation, project_id)
        assert (saved["name"], saved["topic"]) == (name, "New"), choice


def test_what_was_changed_again_is_told_again(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    update_project(cast.mona, project_id, replace(ENTRY, name="Second"), seen=replace(ENTRY))
    of_max = replace(ENTRY, name="Max's")
    with pytest.raises(ChangedMeanwhile) as told:
        update_project(cast.max, project_id, of_max, seen=ENTRY)
    update_project(cast.alice, project_id, replace(ENTRY, name="Third"), seen=replace(ENTRY, name="Second"))
    with pytest.raises(ChangedMeanwhile) as again:
        update_project(cast.max, project_id, of_max, seen=ENTRY, over=told.value.theirs)
    assert again.value.theirs == {("name",): "Third"}
    assert stored(installation, project_id)["name"] == "Third"
