"""Not a test: `make screenshots` photographs every page into screenshots/, light, dark and on a phone.

Each is called <look>-<page>, with what stands behind the page's name in tests/browser/subjects.py; index.html beside
them shows all of them on one sheet.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from markupsafe import Markup
from playwright.sync_api import Page

from lib.config import ROOT
from tests.browser import subjects
from tests.browser.conftest import Dashboard, Problems
from tests.browser.scene import Scene, scene, unclaimed
from tests.browser.usage_of_scene import ask_for_extremes, make_extremes

__all__ = ["scene", "unclaimed"]

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
_SHEET = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title>'
    "<style>body {{ font: 14px sans-serif; margin: 2rem }} tr > * {{ vertical-align: top; padding: 0 1rem 2rem 0 }}"
    "img {{ width: 36vw; border: 1px solid #ccc }} .phone {{ width: 15vw }}</style><table>{rows}</table></html>"
)
_ROW = Markup("<tr><th>{name}</th>{pictures}</tr>")
_PICTURE = Markup('<td><a href="{file}"><img loading="lazy" class="{look}" src="{file}" alt="{name}, {look}"></a></td>')


@pytest.fixture(scope="module", autouse=True)
def _contact_sheet() -> Iterator[None]:
    """Begins with an empty folder and ends with a sheet of what is in it."""
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    yield
    names = sorted({picture.stem.partition("-")[2] for picture in folder.glob("*.png")})
    rows = Markup("").join(
        _ROW.format(
            name=name,
            pictures=Markup("").join(
                _PICTURE.format(file=f"{look}-{name}.png", look=look, name=name)
                for look in LOOKS
                if (folder / f"{look}-{name}.png").exists()
            ),
        )
        for name in names
    )
    (folder / "index.html").write_text(_SHEET.format(rows=rows))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", LOOKS)
def test_photograph_every_page(
    *,
    look: str,
    dashboard: Dashboard,
    scene: Scene,
    unclaimed: str,
    open_page: Callable[..., Page],
    problems: Problems,
    screenshot: Callable[[Page, str], None],
) -> None:
    """Every page, full, empty and with an error."""
    page = open_page(**LOOKS[look])
    for subject in subjects.subjects(dashboard, scene, unclaimed):
        subjects.visit(page, subject, dashboard)
        page.wait_for_timeout(700)  # tables are drawn on a canvas: nothing tells when they are done
        screenshot(page, f"{look}-{subject.name}")


@pytest.fixture(scope="module")
def extremes(dashboard: Dashboard) -> Mapping[str, str]:
    """A year of calls to forty models, and a project that made one; the addresses to look at them."""
    return ask_for_extremes(make_extremes(dashboard.database, dashboard.cast))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", LOOKS)
def test_photograph_little_and_much_usage(
    *,
    look: str,
    dashboard: Dashboard,
    extremes: Mapping[str, str],
    open_page: Callable[..., Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    """Analytics of one call, one day, a year, forty models: by itself with `make screenshots ARGS="-k usage"`."""
    page = open_page(**LOOKS[look])
    for name, query in extremes.items():
        subject = subjects.Subject(f"analytics-{name}", dashboard.cast.mona, f"{dashboard.url}/analytics?{query}")
        subjects.visit(page, subject, dashboard)
        page.wait_for_timeout(700)
        screenshot(page, f"{look}-{subject.name}")
