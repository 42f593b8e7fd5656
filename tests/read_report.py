"""Compliance reports as tests read them: by table and column, as a page of text."""

import io
from html.parser import HTMLParser
from typing import Any

import pytest

from lib.access.actor import Actor
from lib.audit.report.service import write_report, write_report_of
from lib.usage.periods import Period, last_days, today_in
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation


class Page(HTMLParser):
    """Texts of cells by row, under the heading that they stand below; and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.text = ""
        self._heading, self._cell, self._in = "", False, ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if tag in {"h2", "h3"}:
            self._in, self._heading = tag, ""
        elif tag == "div" and named.get("role") == "region":
            self._heading = named["aria-label"]
        elif tag == "tr":
            self.tables.setdefault(self._heading, []).append([])
        elif tag in {"td", "th"}:
            self._cell = True
            self.tables[self._heading][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._cell = False
        if tag == self._in:
            self._in = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in:
            self._heading += data
        if self._cell:
            self.tables[self._heading][-1][-1] += data

    def rows(self, heading: str) -> list[dict[str, str]]:
        """Of a table, its rows by the names of their columns."""
        head, *body = self.tables[heading]
        return [dict(zip(head, cells, strict=False)) for cells in body]


@pytest.fixture
def pro(installation: Installation, cast: Cast) -> None:
    """The tier has files of the trail."""
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])


def lately(days: int = 30) -> Period:
    return last_days(days, today_in("UTC"), "UTC")


def read(actor: Actor, period: Period | None = None) -> Page:
    out = io.BytesIO()
    write_report(actor, period or lately(), out)
    return Page(out.getvalue().decode())


def read_by_command(cast: Cast) -> Page:
    out = io.BytesIO()
    write_report_of(cast.organization_a, lately(), out)
    return Page(out.getvalue().decode())
