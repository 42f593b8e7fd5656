"""The measuring core: a figure, how several measurements become one, and what the figures were the last time."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from lib.config import ROOT

#: Where the figures of the last time lie: on this machine, for they mean nothing on another one.
KEPT = ROOT / "build" / "benchmarks.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number. `most` is the target that it is held against, where there is one; `note` says how it was got."""

    name: str
    value: float
    unit: str
    most: float | None = None
    note: str = ""


def median_of(measure: Callable[[], float], *, rounds: int, warm_up: int = 1) -> float:
    """The median of so many measurements, the first ones left out."""
    for _ in range(warm_up):
        measure()
    return statistics.median(measure() for _ in range(rounds))


def milliseconds(act: Callable[[], object]) -> float:
    """How long it takes, by the wall clock."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def cpu_seconds(process: psutil.Process) -> float:
    """What a process has used up so far, without its children."""
    times = process.cpu_times()
    return times.user + times.system


def machine() -> Figure:
    """How fast this machine is at the moment: the same work in Python each time, which has nothing to do with us."""
    took = median_of(lambda: milliseconds(lambda: sum(number * number for number in range(200_000))), rounds=9)
    return Figure(name="(the same Python loop)", value=took, unit="ms", note="compare the others with its ratio")


class Kept:
    """The figures of the last time, by benchmark and name, and those of today, which replace them."""

    def __init__(self, path: Path = KEPT) -> None:
        self._path = path
        self._figures: dict[str, dict[str, float]] = json.loads(path.read_text()) if path.exists() else {}

    def show_and_keep(self, benchmark: str, figures: Sequence[Figure]) -> None:
        """Print each figure with its target and the last time's, and keep it for the next time."""
        before = self._figures.get(benchmark, {})
        width = max((len(figure.name) for figure in figures), default=0)
        for figure in figures:
            print(f"  {figure.name:<{width}}  {_line(figure, before.get(figure.name))}".rstrip())
        self._figures[benchmark] = {**before, **{figure.name: figure.value for figure in figures}}
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_text(json.dumps(self._figures, indent=1))


def _line(figure: Figure, before: float | None) -> str:
    parts = [f"{_number(figure.value):>9} {figure.unit:<6}"]
    if before is None:
        parts.append(f"{'first time':<22}")
    else:
        ratio = f", {figure.value / before:.2f} x" if before else ""
        parts.append(f"{f'was {_number(before)}{ratio}':<22}")
    if figure.most is not None:
        verdict = "ok" if figure.value <= figure.most else "MISSED"
        parts.append(f"{verdict} (at most {_number(figure.most)})")
    if figure.note:
        parts.append(figure.note)
    return "  ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
