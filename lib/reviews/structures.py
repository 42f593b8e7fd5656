"""The JSON structures of reviews."""

from collections.abc import Sequence

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lib.models.review import Decision
from lib.validation import read_stored


class EarlierWord(BaseModel):
    """An entry of `run_reviews.earlier`: what somebody said of an answer before they said something else."""

    model_config = ConfigDict(frozen=True)

    decision: Decision
    comment: str
    #: SHA-256 of the text that it was about.
    answer_digest: str
    said_at: AwareDatetime


def read_earlier(stored: Sequence[object]) -> list[EarlierWord]:
    """The words as they are stored, the oldest first."""
    return [read_stored(EarlierWord, each, what="An earlier word") for each in stored]
