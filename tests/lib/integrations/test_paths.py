import string
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.integrations.base import OperationFailed
from lib.integrations.paths import check_path

ESCAPES = [
    *("", ".", "..", "../x", "a/../x", "a/..", "/etc/passwd", "//host/share", "a//b", "a/", "~/..", "./x"),
    *("..\\x", "a\\b", "C:\\x", "C:x", "\\\\host\\share", "a\x00b", "a\nb", "a\u2028b", "a\u202eb", "a\ud800"),
    *("CON", "con.txt", "a/NUL", "lpt1.md", "COM¹", "aux .txt", "x.", "x ", " x", "a/ b", "a:b", "a?b", "a|b", "a*"),
    *("a" * 121, "é" * 61, "/".join("a" * 9), "a/" * 200 + "b"),
]


@pytest.mark.parametrize("text", ESCAPES)
def test_what_leads_elsewhere_or_is_no_file_everywhere_is_refused(text: str) -> None:
    with pytest.raises(OperationFailed, match="can't be the name of a file"):
        check_path(text)


@pytest.mark.parametrize(
    "text", ["answer.md", "a/b/c.json", "Bericht für Ärzte.md", ".hidden", "a..b", "…", "日本.txt"]
)
def test_usual_names_are_taken_as_they_are(text: str) -> None:
    assert str(check_path(text)) == text


PARTS = st.one_of(
    st.sampled_from([*ESCAPES, "..", ".", "", "con", "...", "%2e%2e"]),
    st.text(alphabet=string.printable + "\u2215\uff0f\u202e\x00é", max_size=12),
)


@given(st.lists(PARTS, max_size=6), st.sampled_from(["/", "\\", "//", "/./", "/../"]))
def test_whatever_is_taken_stays_below_its_folder_on_every_system(parts: list[str], between: str) -> None:
    text = between.join(parts)
    try:
        path = check_path(text)
    except OperationFailed:
        return
    for kind in (PurePosixPath, PureWindowsPath):
        joined = kind("base") / kind(str(path))
        assert joined.parts[0] == "base"
        assert len(joined.parts) == 1 + len(path.parts)
        assert not {"..", "."} & set(joined.parts)
    assert not PureWindowsPath(str(path)).is_absolute()
    assert not PureWindowsPath(str(path)).drive
    assert "\x00" not in str(path)
