"""docs/security.md names, for each promise, the tests that show it; whether they are there, test_documents.py says."""

from lib.config import ROOT

_DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_promises_name_their_tests() -> None:
    rows = [line for line in _DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    promises = [row for row in rows if "tests/" in row]
    assert len(promises) > 20
    table = _DOCUMENT.partition("## What shows it")[2]
    assert [row for row in table.splitlines()[4:] if row.startswith("| ") and "`" not in row] == []
