"""What the next migration gets from the helper that writes policies."""

from migrations import rls


def test_ones_own_rows_are_those_of_the_person_who_was_looked_up() -> None:
    condition = rls.may("projects.edit", created_by="owner_id")
    assert "owner_id = (SELECT api.person_id())" in condition
    assert "api.may_own('projects.edit')" in condition
    assert "auth.uid" not in condition
