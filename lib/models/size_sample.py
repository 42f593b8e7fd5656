from datetime import date

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, Key


class SizeSample(Base):
    """How large a table was on a day, kept for a year. It is nobody's data; only the owner's functions read it."""

    __tablename__ = "size_samples"

    id: Mapped[Key]
    taken_on: Mapped[date]
    #: The table's; empty is the database as a whole.
    name: Mapped[str]
    #: With its indexes.
    bytes: Mapped[int] = mapped_column(BigInteger)
    #: As the server counts them.
    live_rows: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("name", "taken_on", name="size_samples_name_key"),
        Index("idx_size_samples_taken_on", "taken_on"),
    )
