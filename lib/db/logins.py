"""Who signs in to PostgreSQL, and what they may become there.

| login    | becomes       | is for                                                          |
| -------- | ------------- | --------------------------------------------------------------- |
| owner    |               | the schema and its functions; `orchestrator db …` only          |
| web      | authenticated | a person's rows, under the policies                             |
| identity |               | credentials, sessions and tokens: a small pool of the web process |
| worker   | engine        | one organization at a time, by setting                          |
|          | authenticated | what a schedule launches, as its person, by signed claims       |
"""

from enum import StrEnum
from typing import Final

#: What `orchestrator_web` becomes in each transaction, and `orchestrator_worker` to launch what is scheduled.
AUTHENTICATED: Final = "authenticated"
#: What `orchestrator_worker` becomes in each other transaction.
ENGINE: Final = "engine"


class Login(StrEnum):
    """One of the four that connect. The value is the word of `orchestrator db url --role`."""

    OWNER = "owner"
    WEB = "web"
    IDENTITY = "identity"
    WORKER = "worker"

    @property
    def role_name(self) -> str:
        """Its name in PostgreSQL."""
        return f"orchestrator_{self.value}"

    @property
    def becomes(self) -> tuple[str, ...]:
        """The group roles it may `SET ROLE` to. It inherits none of their rights."""
        return {Login.WEB: (AUTHENTICATED,), Login.WORKER: (ENGINE, AUTHENTICATED)}.get(self, ())
