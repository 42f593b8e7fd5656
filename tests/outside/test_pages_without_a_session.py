"""Asked by a program and not by a browser, no page gives anything of itself without a living session."""

from collections.abc import Callable

import pytest
from streamlit.util import calc_hash

from lib.config import ROOT
from lib.ui.navigation import PAGES, RUN, PageEntry
from tests.outside.conftest import MARKS, WORTHLESS, Site, Tenant
from tests.outside.visitor import Answer, visiting

EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url_path)
FORM = {"Sign in", "E-mail or user name", "Password", "Continue"}
#: How the one sentence begins that says beside the form why a session is over.
WHY = "Your session"


def _hash_of(page: PageEntry) -> str:
    """What Streamlit called a page while it found its pages by itself, in pages/."""
    return calc_hash(str((ROOT / page.file).resolve()))


def _assert_is_only_the_form(answer: Answer, form: set[str] | None = None) -> None:
    assert [mark for mark in MARKS if answer.says(mark)] == []
    assert answer.texts >= FORM
    if form is not None:
        assert answer.texts >= form
        assert all(WHY in text for text in answer.texts - form)


@pytest.fixture(scope="module")
def form(site: Site) -> set[str]:
    """All that the sign-in form says to whoever was never there."""
    with visiting(site.url) as visitor:
        answer = visitor.open("")
    _assert_is_only_the_form(answer)
    return answer.texts


@EACH
def test_page_is_there_for_somebody_who_is_signed_in(site: Site, page: PageEntry) -> None:
    """Or the tests below would say nothing."""
    with visiting(site.url, site.cast.secret_of(site.cast.alice)) as visitor:
        answer = visitor.open(page.url_path, site.query_of(page))
    assert answer.says("Acme")
    assert answer.says("Alice")
    assert not answer.texts >= FORM


@EACH
@pytest.mark.parametrize("cookie", WORTHLESS)
def test_page_without_a_living_session_is_the_form_and_nothing_else(
    site: Site, form: set[str], page: PageEntry, cookie: str
) -> None:
    with visiting(site.url, site.cookies[cookie]) as visitor:
        _assert_is_only_the_form(visitor.open(page.url_path, site.query_of(page)), form)
        _assert_is_only_the_form(visitor.open(page.url_path, site.query_of(page), script_hash=_hash_of(page)), form)
        _assert_is_only_the_form(visitor.open("", site.query_of(page), script_hash=_hash_of(page)), form)


@pytest.mark.parametrize(
    "name", ["nowhere", "pages/run", "pages/run.py", "../Home", "Home", "run.py", "set-up\0", "%2e"]
)
def test_page_by_any_other_name_is_the_form(site: Site, form: set[str], name: str) -> None:
    with visiting(site.url) as visitor:
        _assert_is_only_the_form(visitor.open(name, site.query_of(RUN)), form)


@pytest.mark.parametrize(
    ("page", "cookie"),
    [*((page, "none") for page in PAGES), (RUN, "revoked")],
    ids=lambda value: getattr(value, "url_path", value),
)
def test_page_that_a_fresh_process_is_asked_for_first_gives_nothing(
    tenant: Tenant, make_site: Callable[[str], Site], form: set[str], page: PageEntry, cookie: str
) -> None:
    """Streamlit runs the file of a page without its frame until `st.navigation` was called once in the process.

    A process of its own costs seconds, so not every page meets every cookie here as it does above.
    """
    with tenant.serve() as url:
        site = make_site(url)
        with visiting(url, site.cookies[cookie]) as visitor:
            _assert_is_only_the_form(visitor.open(page.url_path, site.query_of(page)), form)
