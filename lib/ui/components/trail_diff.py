"""What an entry of the trail changed: old against new, as people write values, with the exact ones at hand."""

from collections.abc import Mapping

from lib.audit import wording
from lib.audit.views import Change
from lib.ui.components.value_diff import show_value_diff


def show_trail_diff(change: Change, *, names: Mapping[str, str], zone: str) -> None:
    """Draw what differs, under `names` of the fields; nothing where there is nothing, as of a sign-in."""

    def say(path: str, text: str) -> tuple[str, str]:
        if moment := wording.say_moment(text, zone=zone):
            return moment, text
        return "\n".join(wording.say_rights(path, text)) or text, ""

    if change.old or change.new:
        show_value_diff(change.old, change.new, names=names, say=say)
