"""A finding of a tool, and how exceptions are taken from it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What a tool has against something."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}  {self.where}\n    {self.message}"


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a rule does not count somewhere. `where` is a regular expression for the whole place."""

    rule: str
    where: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        return self.rule == finding.rule and re.fullmatch(self.where, finding.where) is not None


def unexcused(findings: Iterable[Finding], excuses: Sequence[Excuse]) -> list[Finding]:
    """The findings that nothing excuses, and each excuse that excuses nothing."""
    left, used = [], set()
    for finding in findings:
        covering = [excuse for excuse in excuses if excuse.covers(finding)]
        used.update(covering)
        if not covering:
            left.append(finding)
    stale = [
        Finding("stale-exception", f"{excuse.rule} {excuse.where}", "excuses nothing any more: take it out")
        for excuse in excuses
        if excuse not in used
    ]
    return left + stale
