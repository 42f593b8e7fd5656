"""The command. Its exit code is 1 when there is a finding."""

import sys

from tests.checks import exceptions
from tests.checks.migration_sql import check_migrations
from tests.checks.policies import lint, verify
from tests.database import clone_of, ensure_template, shared_server


def main() -> int:
    """Check everything and print what was found."""
    findings = check_migrations(exceptions.SQUAWK)
    with shared_server() as server, clone_of(ensure_template(server), server) as database:
        url = database.admin_url
        findings += lint(url, exceptions.LINT)
        findings += verify(url, "anon", exceptions.UNPROVEN_FOR_NOBODY)
        findings += verify(url, "cross-tenant", exceptions.UNPROVEN_TO_READ)
        findings += verify(url, "write", exceptions.UNPROVEN)
        findings += verify(url, "reachability", exceptions.REACHED)
        findings += verify(url, "escalation", ())
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
