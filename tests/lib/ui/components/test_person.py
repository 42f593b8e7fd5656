from streamlit.testing.v1 import AppTest

from lib.ui.components.person import person_in_words, person_inline
from lib.users.views import Person

MAX = Person(name="Max <b>Okafor</b>", role="member", is_deactivated=False)
GONE = Person(name="Vera", role="viewer", is_deactivated=True)


def test_it_draws_the_name_as_text_with_the_role_where_that_is_asked_for() -> None:
    def page() -> None:
        from lib.ui.components.person import show_person
        from lib.users.views import Person

        show_person(Person(name="Max <b>Okafor</b>", role="member", is_deactivated=False), with_role=True)

    at = AppTest.from_function(page).run()

    assert not at.exception
    name = "Max &lt;b&gt;Okafor&lt;/b&gt;"
    assert at.html[0].body == (
        f'<span class="ao-person" title="{name}">{name}</span> <span class="ao-none">(member)</span>'
    )


def test_who_can_not_sign_in_any_more_is_marked_everywhere() -> None:
    assert person_inline(GONE).endswith("(deactivated)</span>")
    assert person_inline(GONE, with_role=True).endswith("(viewer, deactivated)</span>")
    assert person_in_words(GONE) == "Vera (deactivated)"
    assert person_in_words(MAX) == "Max <b>Okafor</b>"


def test_nobody_in_particular_is_the_installation() -> None:
    assert person_inline(None) == person_in_words(None) == "the system"


def test_name_without_an_end_is_cut_and_stands_whole_in_the_tooltip() -> None:
    long = Person(name="Anna " * 60, role="member", is_deactivated=False)
    assert ("Anna " * 60).strip() in person_inline(long)
    assert "…</span>" in person_inline(long)
