import os
import pytest
from tests.browser import subjects
from tests.browser.screenshots import LOOKS
from tests.browser.scene import scene, unclaimed

__all__ = ["scene", "unclaimed"]


@pytest.mark.timeout(900)
def test_shoot(dashboard, scene, unclaimed, open_page, problems, screenshot):
    only = os.environ.get("ONLY", "webhooks")
    for look in os.environ.get("LOOK", "light,dark,phone").split(","):
        page = open_page(**LOOKS[look])
        for s in subjects.subjects(dashboard, scene, unclaimed):
            if s.name.startswith("webhooks") and (only == "webhooks" or s.name in only.split(",")):
                subjects.visit(page, s, dashboard)
                page.wait_for_timeout(700)
                screenshot(page, f"{look}-{s.name}")
