"""What is left in the artifact folder is found and removed; nothing else is."""

import time
from pathlib import Path, PurePosixPath
from uuid import UUID, uuid4

import pytest

from lib.integrations.folder import UNFINISHED, Place, read_artifact, write_artifact
from lib.integrations.leftovers import belongs_to, list_places, remove_place, remove_unfinished

PATH = PurePosixPath("reports/answer.md")
HOUR = 3600


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Two operations of one run, and one of another organization."""
    organization_id, run_id = uuid4(), uuid4()
    found = [(organization_id, run_id, uuid4()), (organization_id, run_id, uuid4()), (uuid4(), uuid4(), uuid4())]
    for place in found:
        write_artifact(tmp_path, place, PATH, b"one")
    return found


def test_folders_of_operations_are_found_and_nothing_else(tmp_path: Path, places: list[Place]) -> None:
    assert belongs_to(tmp_path, UUID(int=1))
    (tmp_path / "notes of somebody" / "x").mkdir(parents=True)
    (tmp_path / str(places[0][0]) / str(uuid4())).write_text("a file")
    (tmp_path / str(uuid4())).symlink_to(tmp_path / str(places[0][0]))
    assert sorted(list_places(tmp_path)) == sorted(places)


def test_what_one_operation_wrote_goes_and_the_others_stays(tmp_path: Path, places: list[Place]) -> None:
    first, second, other = places
    remove_place(tmp_path, first)
    assert [read_artifact(tmp_path, place, PATH) for place in places] == [None, b"one", b"one"]
    remove_place(tmp_path, second)
    remove_place(tmp_path, second)
    assert not (tmp_path / str(first[0])).exists(), "no empty folder is left"
    assert list_places(tmp_path) == [other]


def test_link_in_it_goes_and_not_what_it_leads_to(tmp_path: Path, places: list[Place]) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "plan.md").write_text("theirs")
    place = places[0]
    (tmp_path.joinpath(*map(str, place)) / "link").symlink_to(theirs)
    remove_place(tmp_path, place)
    assert read_artifact(tmp_path, place, PATH) is None
    assert (theirs / "plan.md").read_text() == "theirs"


def test_what_a_killed_worker_began_goes_after_an_hour(tmp_path: Path, places: list[Place]) -> None:
    begun = tmp_path / UNFINISHED / "0123456789abcdef"
    begun.write_bytes(b"ha")
    assert remove_unfinished(tmp_path) == 0, "somebody may be writing it"
    assert remove_unfinished(tmp_path, now=time.time() + HOUR + 60) == 1
    assert not begun.exists()
    assert [read_artifact(tmp_path, place, PATH) for place in places] == [b"one"] * 3
    assert remove_unfinished(tmp_path / "none") == 0


def test_folder_is_of_who_asks_first(tmp_path: Path) -> None:
    first, second = uuid4(), uuid4()
    assert [belongs_to(tmp_path, each) for each in (first, first, second, first)] == [True, True, False, True]
