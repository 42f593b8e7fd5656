"""The sign-in form that stands in place of a page whose session has ended: it says why."""

import pytest

from lib.identity import passwords
from lib.templates.service import TemplateDetails, create_template
from lib.ui.navigation import RUNS, TEMPLATE_EDIT
from lib.users.changes import deactivate, end_sessions
from tests.cast import Cast
from tests.conftest import Installation
from tests.opening import open_page, pages_undiscovered
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, headings, is_sign_in, shown, text_area, text_input
from tests.records import rows

PHASES = [{"code": "Phase 1", "name": "Ideas", "prompt": "Ideas for {{ topic }}"}]


def test_who_was_signed_out_from_elsewhere_reads_why_and_how_to_go_on(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, RUNS)
    end_sessions(cast.alice, cast.max.user_id)
    at.run()
    assert is_sign_in(at)
    assert "Your session was ended from elsewhere" in shown(at)
    assert "Sign in again to go on." in shown(at)


def test_who_was_deactivated_reads_no_more_than_that(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, RUNS)
    deactivate(cast.alice, cast.max.user_id)
    at.run()
    assert "Your session was ended from elsewhere" in shown(at)
    assert "deactivated" not in shown(at)


def test_who_was_away_for_too_long_reads_that(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.max, RUNS)
    rows(
        installation,
        "UPDATE user_sessions SET expires_at = now() - interval '1 minute' WHERE user_id = %s RETURNING 1",
        cast.max.user_id,
    )
    at.run()
    assert is_sign_in(at)
    assert "Your session has ended, since nobody used it for a while." in shown(at)


@pytest.mark.parametrize("secret", [None, "made-up"])
def test_who_was_never_signed_in_reads_of_no_session(
    installation: Installation, cast: Cast, secret: str | None
) -> None:
    with pages_undiscovered():
        at = open_page(RUNS, secret=secret)
    assert is_sign_in(at)
    assert "session" not in shown(at)


def test_who_was_typing_signs_in_on_the_spot(
    open_as: OpenAs, cast: Cast, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "COST", 4)
    rows(
        installation,
        "UPDATE user_credentials SET password_hash = %s WHERE user_id = %s RETURNING 1",
        passwords.hash_password("a long pass phrase"),
        cast.max.user_id,
    )
    template_id = create_template(cast.max, TemplateDetails(name="Brief"), {"phases": PHASES})
    at = open_as(cast.max, TEMPLATE_EDIT, template=template_id)
    end_sessions(cast.alice, cast.max.user_id)
    text_area(at, "Prompt").set_value("Typed after the end").run()
    assert is_sign_in(at)
    text_input(at, "E-mail or user name").set_value("max")
    text_input(at, "Password").set_value("a long pass phrase")
    button(at, "Continue").click().run()
    assert "Signing in" in headings(at)[0]
