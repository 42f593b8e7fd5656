import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lib.config import ROOT
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure

ROUNDS = 3


def main(ground: Ground) -> list[Figure]:
    """Seconds from `orchestrator up` to “is serving”: on an empty data folder, and again on the same."""
    first, second = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            Path(folder).chmod(0o711)
            first.append(_seconds_to_serve(Path(folder) / "data"))
            second.append(_seconds_to_serve(Path(folder) / "data"))
    return [
        Figure(name="first start", value=statistics.median(first), unit="s"),
        Figure(name="second start", value=statistics.median(second), unit="s"),
        Figure(name="first / second", value=statistics.median(first) / statistics.median(second), unit="x"),
    ]


def _seconds_to_serve(data_dir: Path) -> float:
    environment = {**os.environ, "ORCHESTRATOR_DATA_DIR": str(data_dir), "ORCHESTRATOR_PORT": "0"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "lib.cli", "up"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "is serving" in line:
                return time.perf_counter() - began
        raise RuntimeError(f"it did not start: {said}")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
