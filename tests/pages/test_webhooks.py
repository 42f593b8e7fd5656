"""Webhooks."""

from lib.ui.navigation import WEBHOOKS
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import make_delivery, make_endpoint
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, shown


def test_try(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    at = open_as(cast.alice, WEBHOOKS)
    print(headings(at), buttons(at))
    press(at, "Add the first endpoint")
    print(shown(at))
    a = make_endpoint(installation.database, cast.alice)
    for o, n in (("delivered", 1), ("retry", 3), ("failed", 8), ("sending", 1), (None, 1)):
        d = make_delivery(installation.database, cast.alice, a, outcome=o, attempts=n)
        at = open_as(cast.alice, WEBHOOKS, delivery=d)
        print(shown(at))
        print(buttons(at))
    assert 0
