"""Who takes a run over counts its completed phases once the holder before has written its last word.

The statement that waited for that word did not see what it wrote: the run ended with one phase too few in its count.
"""

from migrations import functions

revision = "0064"
down_revision = "0063"

CHANGED = "api_open_segment"


def upgrade() -> None:
    functions.replace(CHANGED, before="0071")


def downgrade() -> None:
    functions.replace(CHANGED, before=revision)
