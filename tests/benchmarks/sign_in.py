import statistics
from dataclasses import replace
from functools import partial

import psycopg

from lib.access.actor import Origin
from lib.errors import SignInRefused
from lib.identity.passwords import hash_password
from lib.identity.service import authenticate
from lib.identity.sessions import find_actor
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure, median_of, milliseconds
from tests.cast import PASSWORD, make_cast

ROUNDS = 12


def main(ground: Ground) -> list[Figure]:
    """A wrong password for a name that is known and for one that is not, and the look at a session before each page."""
    with ground.database() as database:
        cast = make_cast(database)
        with psycopg.connect(database.admin_url) as admin:  # the cast's passwords are hashed in no time
            admin.execute("UPDATE user_credentials SET password_hash = %s", [hash_password(PASSWORD)])
        known, unknown = [], []
        for number in range(ROUNDS):
            # from another address each time, with the right password in between: none of them gets locked
            origin = replace(cast.alice.origin, ip_address=f"192.0.2.{number}")
            authenticate("alice", PASSWORD, origin=origin)
            known.append(milliseconds(partial(_refused, "alice", origin=origin)))
            unknown.append(milliseconds(partial(_refused, f"nobody-{number}", origin=origin)))
        look = partial(find_actor, cast.secret_of(cast.alice), origin=cast.alice.origin)
        session = median_of(lambda: milliseconds(look), rounds=50)
    return [
        Figure(name="wrong password, known name", value=statistics.median(known), unit="ms"),
        Figure(name="wrong password, unknown name", value=statistics.median(unknown), unit="ms"),
        Figure(
            name="known to unknown",
            value=statistics.median(a / b for a, b in zip(known, unknown, strict=True)),
            unit="x",
            note="a test holds their statements and hashes together, not their time",
        ),
        Figure(name="a session's look-up", value=session, unit="ms"),
    ]


def _refused(name: str, *, origin: Origin) -> None:
    try:
        authenticate(name, "wrong horse battery staple", origin=origin)
    except SignInRefused:
        return
    raise RuntimeError("a wrong password was taken")
