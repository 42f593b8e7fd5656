from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base


class EngineSettings(Base):
    """What the database has to know of the installation's settings: one row. Only the owner's functions read it."""

    __tablename__ = "engine_settings"

    is_only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    #: Whose artifact folder is this database's; a backup that is restored has it still.
    installation_id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    #: How many runs an organization may have under way at once where neither its settings nor its tier say.
    runs_per_organization: Mapped[int] = mapped_column(server_default=text("20"))
