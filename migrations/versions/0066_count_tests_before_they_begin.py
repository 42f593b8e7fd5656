"""A test of a connection is noted before its call is made, and none is made once a hard budget is used up."""

from migrations import functions

revision = "0066"
down_revision = "0065"

DOORS = ("api_begin_connection_test", "api_finish_connection_test")


def upgrade() -> None:
    for name in DOORS:
        functions.create(name, execute="authenticated")


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
