"""What a page sees of the reports that a person gets by mail."""

from dataclasses import dataclass
from datetime import datetime

from lib.models.usage_report import Rhythm


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One of them."""

    rhythm: Rhythm
    #: The filters of the page of analytics, as its address has them; empty where it is about everything.
    query: str
    #: When the next one is sent, if there is something to tell.
    next_at: datetime
