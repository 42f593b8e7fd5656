"""docs/webhooks.md lists what there is, in the page's words."""

import re

from lib.config import ROOT
from lib.webhooks.catalogue import EVENTS


def test_document_lists_every_event_in_the_words_of_the_page() -> None:
    document = (ROOT / "docs" / "webhooks.md").read_text()
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", document, flags=re.MULTILINE)
    assert rows == [(str(event), info.when) for event, info in EVENTS.items()]
