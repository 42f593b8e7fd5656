"""How a template's runs went, as a card's last line and as the strip of its page."""

from lib.templates.views import TemplateDetail, TemplateFigures, TemplateSummary
from lib.ui import words
from lib.ui.components.metric_strip import Metric, show_metric_strip


def say_figures(template: TemplateSummary) -> str:
    """`v3 · 7 phases · $1.60 · 9 min · 97 % ok · 38 runs`: what is not there yet is left out.

    An unknown cost is said.
    """
    figures = template.figures
    said = [f"v{template.version}", words.count(template.phase_count, "phase")]
    if not figures.runs:
        return " · ".join([*said, "no runs yet"])
    if figures.completed:
        said += [words.cost(figures.average_cost_usd), _say_time(figures)]
    if figures.success_rate is not None:
        said.append(f"{words.share(figures.success_rate)} ok")
    return " · ".join([*said, words.count(figures.runs, "run")])


def show_template_figures(template: TemplateDetail) -> None:
    """Draw the strip: how the runs of the reader's organization went, and for the owner who else launches it."""
    figures, ended = template.figures, template.figures.completed + template.figures.failed
    rate = figures.success_rate
    metrics = [
        Metric("Runs", words.number(figures.runs), "Of your organization, retries among them."),
        Metric(
            "Success",
            words.NOTHING if rate is None else words.share(rate),
            f"{words.number(figures.completed)} of {words.number(ended)} that completed or failed.",
        ),
        Metric(
            "Average cost",
            words.money(figures.average_cost_usd) if figures.completed else words.NOTHING,
            "Of completed runs whose cost is known, retries left out.",
        ),
        Metric(
            "Average time",
            _say_time(figures) if figures.completed else words.NOTHING,
            "Of completed runs, retries left out.",
        ),
    ]
    if template.launches is not None:
        metrics.append(Metric("Launches", words.number(template.launches), "By all organizations of the installation."))
    show_metric_strip(metrics, key="template-figures")


def _say_time(figures: TemplateFigures) -> str:
    milliseconds = figures.average_time_ms
    return words.duration(None if milliseconds is None else milliseconds / 1000)
