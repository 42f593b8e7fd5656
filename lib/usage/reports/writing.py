"""What stands in a report: figures in words, and the address of the page that shows the same."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode

from lib import days, figures
from lib.models.usage_report import Rhythm
from lib.usage.reasons import say_reason
from lib.usage.reports.figures import PeriodFigures
from lib.usage.reports.service import write_filters
from lib.usage.views import Dimension, Share, UsageReport

#: So many rows a table has; how many there are beyond them is said.
MOST_ROWS: Final = 5
#: So many names of a filter are said.
_MOST_NAMED: Final = 3
_TITLES: Final[Mapping[Dimension, str]] = {
    Dimension.PROJECT: "Projects",
    Dimension.PERSON: "People",
    Dimension.MODEL: "Models",
}
_FILTERS: Final[Mapping[Dimension, str]] = {
    Dimension.PROJECT: "project",
    Dimension.PERSON: "person",
    Dimension.MODEL: "model",
    Dimension.TEMPLATE: "template",
    Dimension.ENDPOINT: "endpoint",
    Dimension.ERROR: "reason of failure",
}
_WORDS: Final = {Rhythm.WEEKLY: "week", Rhythm.MONTHLY: "month"}
#: One line of the figures: what it is, now and before.
_Line = tuple[str, str, str, str | None]


def write_report(found: PeriodFigures, rhythm: Rhythm) -> dict[str, Any]:
    """What the mail shows, all of it words: see `lib.mail.rendering`."""
    period, before = found.now.period, found.before.period
    is_of_year = before.first.year == before.last.year == period.first.year == period.last.year
    return {
        "period": days.days_span(period.first, period.last),
        "before": days.days_span(before.first, before.last, has_year=not is_of_year),
        "word": _WORDS[rhythm],
        "filters": [_say_filter(by, names) for by, names in found.names.items()],
        "left_out": [_FILTERS[by] for by in found.left_out],
        "figures": [
            {"label": label, "now": now, "before": earlier, "change": change or ""}
            for label, now, earlier, change in _write_figures(found.now, found.before)
        ],
        "tables": [_write_table(by, shares) for by, shares in found.shares.items() if shares],
        "failures": [
            {"label": say_reason(str(share.key)), "calls": figures.number(share.figures.failed_calls)}
            for share in found.failures[:MOST_ROWS]
        ],
    }


def write_path(found: PeriodFigures) -> str:
    """Where the page of analytics shows the same calls of the same days."""
    period = found.now.period
    days_of = {"range": "custom", "from": period.first.isoformat(), "to": period.last.isoformat()}
    filters = write_filters(found.query.chosen)
    return f"/analytics?{urlencode(days_of, quote_via=quote)}{f'&{filters}' if filters else ''}"


def _say_filter(by: Dimension, names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    said = ", ".join(names[:_MOST_NAMED]) + (f" and {figures.number(more)} more" if more > 0 else "")
    return f"{_FILTERS[by]}: {said}"


def _write_figures(now: UsageReport, before: UsageReport) -> list[_Line]:
    lines = [
        _line("Cost", now.total.cost_usd, before.total.cost_usd, figures.money),
        _line("Calls to models", now.total.calls, before.total.calls, figures.number),
        _line("Failed calls", now.total.failed_calls, before.total.failed_calls, figures.number),
        _line("Tokens", now.total.tokens, before.total.tokens, figures.number),
    ]
    if now.total.failed_share is not None:
        lines[2] = (lines[2][0], f"{lines[2][1]} ({figures.share(now.total.failed_share, digits=1)})", *lines[2][2:])
    if now.total.unpriced_calls or before.total.unpriced_calls:
        unpriced = now.total.unpriced_calls, before.total.unpriced_calls
        lines.append(_line("Calls of unknown price", *unpriced, figures.number))
    if now.latency.p50 is not None:
        lines.append(_line("Half of the calls took at most", now.latency.p50, before.latency.p50, _say_seconds))
    if now.runs or before.runs:
        lines.insert(1, _line("Runs", sum(now.runs), sum(before.runs), figures.number))
    return lines


def _line(label: str, now: Any, before: Any, say: Any) -> _Line:
    change = figures.change(float(now), float(before)) if now is not None and before else None
    return label, say(now), say(before), change


def _say_seconds(milliseconds: float | None) -> str:
    return days.NOTHING if milliseconds is None else figures.duration(milliseconds / 1000)


def _write_table(by: Dimension, shares: Sequence[Share]) -> dict[str, Any]:
    more = shares[MOST_ROWS:]
    rest = sum((share.figures.cost_usd for share in more), Decimal(0))
    return {
        "title": _TITLES[by],
        "rows": [
            {
                "label": share.label,
                "cost": figures.money(share.figures.cost_usd),
                "calls": figures.count(share.figures.calls, "call"),
            }
            for share in shares[:MOST_ROWS]
        ],
        "more": f"{figures.number(len(more))} more: {figures.money(rest)}" if more else "",
    }
