"""pgrls, on a migrated database: what it says of the policies, and what it proves."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.checks.findings import Excuse, Finding, unexcused

CONFIG = Path(__file__).with_name("pgrls.toml")
#: What tells a session who it is; under the anonymous one each is NULL.
IDENTITIES = ("api.organization_id", "api.engine_organization_id")


def lint(url: str, excuses: Sequence[Excuse]) -> list[Finding]:
    """What `pgrls lint` has against the policies, down to its lightest remarks."""
    report = _run("lint", url)
    found = [Finding(each["rule_id"], each["location"], each["message"]) for each in report["violations"]]
    return unexcused(found, excuses)


def verify(url: str, mode: str, excuses: Sequence[Excuse]) -> list[Finding]:
    """The policies of which `pgrls verify` does not prove that they keep organizations apart."""
    report = _run("verify", url, "--mode", mode, *(word for name in IDENTITIES for word in ("--auth-function", name)))
    found = [
        Finding(
            policy["verdict"],
            f"{table['table']}.{policy['policy']}",
            f"{mode}: {policy['reason'] or policy['witness']}",
        )
        for table in report["tables"]
        for policy in table["policies"]
        if policy["verdict"] != "isolated"
    ]
    return unexcused(found, excuses)


def _run(command: str, url: str, *words: str) -> Any:
    result = subprocess.run(
        [sys.executable, "-m", "pgrls", command, "--database-url", url, "--config", CONFIG, "--format", "json", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return json.loads(result.stdout)
    except json.JSONDecodeError:
        raise RuntimeError(f"pgrls {command} failed:\n{result.stdout}{result.stderr}") from None
