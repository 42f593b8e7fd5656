from streamlit.testing.v1 import AppTest


def test_labels_and_values_are_text() -> None:
    def page() -> None:
        from lib.ui.components.facts import show_facts

        show_facts([("Template", "Market brief"), ("<i>Region</i>", '<img src=x onerror="alert(1)">')])

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.html[0].body == (
        '<dl class="ao-facts"><dt>Template</dt><dd>Market brief</dd>'
        "<dt>&lt;i&gt;Region&lt;/i&gt;</dt><dd>&lt;img src=x onerror=&#34;alert(1)&#34;&gt;</dd></dl>"
    )
