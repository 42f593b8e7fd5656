"""`orchestrator audit verify`: says what is intact, and names what is not."""

from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from lib.audit import sealing
from lib.cli import audit
from lib.cli.commands import app
from lib.errors import InvalidInput, NotFound
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import seal, write_entries
from tests.records import row


@pytest.fixture(autouse=True)
def entries(installation: Installation, cast: Cast) -> list[UUID]:
    """Three of alice's under a seal, and one of charlie's."""
    made = write_entries(installation.database, cast.alice, count=3, hours_ago=9)
    write_entries(installation.database, cast.charlie, hours_ago=9)
    assert seal(installation.database, hours_ago=7) == 2
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", *arguments])


def tamper(installation: Installation, entry_id: UUID) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET action = 'projects.delete' WHERE id = %s", [entry_id])


def newest(installation: Installation) -> str:
    found = row(
        installation,
        "SELECT s.number || ':' || encode(s.hash, 'hex') AS said FROM audit_seals s JOIN organizations o "
        "ON o.id = s.organization_id WHERE o.slug = 'acme'",
    )
    return str(found["said"])


def test_all_that_is_intact_is_said_to_be(installation: Installation) -> None:
    result = run()
    assert result.exit_code == 0
    assert "acme: intact. Entries under 1 seals: 3;" in result.output
    assert "borealis: intact. Entries under 1 seals: 1;" in result.output
    assert f"newest seal: {newest(installation)}" in result.output


def test_what_was_changed_is_named_and_fails(installation: Installation, entries: list[UUID]) -> None:
    tamper(installation, entries[1])
    result = run()
    assert result.exit_code == 1
    assert "acme: BROKEN. 1 of 1 seals do not fit" in result.output
    assert f"changed {entries[1]}, written 20" in result.output
    assert "borealis: intact" in result.output, "also after one that is broken"
    assert run("--organization", "borealis").exit_code == 0
    assert run("--organization", "acme").exit_code == 1


def test_seal_that_was_noted_down_has_to_be_there(installation: Installation) -> None:
    noted = newest(installation)
    assert run("--organization", "acme", "--seal", noted).exit_code == 0
    result = run("--organization", "acme", "--seal", f"1:{'0' * 64}")
    assert result.exit_code == 1
    assert "it is not the seal that was noted down" in result.output
    assert run("--organization", "acme", "--seal", f"9:{'0' * 64}").exit_code == 1
    assert run("--seal", noted).exit_code == 2
    assert run("--organization", "acme", "--seal", "nonsense").exit_code == 2


def test_what_is_not_sealed_is_counted_no_further_than_it_says(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not sealed yet: more than" not in run("--organization", "acme").output
    monkeypatch.setattr(sealing, "MOST_UNSEALED", 4)
    write_entries(installation.database, cast.alice, count=5, hours_ago=0)
    assert "not sealed yet: more than 4\n" in run("--organization", "acme").output


def test_unknown_organization_is_not_found() -> None:
    assert isinstance(run("--organization", "nobody").exception, NotFound)


def test_progress_is_told_beside_the_result(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_SAID_EVERY", 1)
    result = run("--organization", "acme")
    assert "acme: 3 entries, 1 seals so far" in result.stderr
    assert "so far" not in result.stdout


def write(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", "report", "--from", "2026-07-01", "--to", "2026-09-30", *arguments])


def test_report_of_one_organization_is_written_to_a_new_file(installation: Installation, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    result = write("--organization", "acme", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "acme: 2026-07-01 to 2026-09-30" in result.output
    assert "Acme Research" in out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o077 == 0, "its owner's alone"
    assert write("--organization", "acme", "--out", str(out)).exit_code == 2, "nothing is written over"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_report_of_nobody_or_of_no_days_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert isinstance(write("--organization", "nobody", "--out", str(out)).exception, NotFound)
    assert write("--organization", "acme", "--out", str(out), "--zone", "Europe/Nowhere").exit_code == 2
    result = CliRunner().invoke(
        app, ["audit", "report", "--organization", "acme", "--from", "july", "--to", "2026-09-30", "--out", str(out)]
    )
    assert isinstance(result.exception, InvalidInput)
    assert not out.exists()
