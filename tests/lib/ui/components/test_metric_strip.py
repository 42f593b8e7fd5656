from streamlit.testing.v1 import AppTest


def test_numbers_side_by_side_with_what_they_count() -> None:
    def page() -> None:
        from lib.ui.components.metric_strip import Metric, show_metric_strip

        show_metric_strip([Metric("Cost", "$1.84", "Limit: $4.00"), Metric("Progress", "4 of 7 phases")])

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert [(metric.label, metric.value) for metric in at.metric] == [
        ("Cost", r"\$1\.84"),
        ("Progress", "4 of 7 phases"),
    ]
    assert at.metric[0].help == r"Limit\: \$4\.00"
    assert not at.metric[1].help
