"""Loading the vendors' packages."""

import subprocess
import sys

from lib.config import ROOT

#: Each thread is the first to need another part of the packages, all in the same moment.
AT_ONCE = """
import sys
from threading import Barrier, Thread
from lib.providers import sdk

sys.setswitchinterval(1e-6)
begin = Barrier(8)

def price():
    from lib.providers.pricing import find_cost_usd
    begin.wait()
    sdk.load(("pydantic_ai.usage",))
    from pydantic_ai.usage import RequestUsage
    find_cost_usd(RequestUsage(input_tokens=1), model="gpt-4o-mini", base_url="https://api.openai.com/v1")

def call(vendor):
    begin.wait()
    sdk.load(("pydantic_ai.direct", f"pydantic_ai.models.{vendor}"))
    from pydantic_ai.direct import model_request_stream
    from pydantic_ai.messages import ModelRequest

threads = [Thread(target=price) for _ in range(4)]
threads += [Thread(target=call, args=[vendor]) for vendor in ("openai", "anthropic", "google", "openai")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_whoever_needs_them_first_at_the_same_time_finds_them_finished() -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
        )
        assert "Error" not in done.stderr, done.stderr
