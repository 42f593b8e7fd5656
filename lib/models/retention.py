"""What is kept, whatever the organization has set."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment


def _reference(column: str, table: str, *, name: str) -> ForeignKeyConstraint:
    """As `tenant_reference`, and goes with what it names."""
    there = [f"{table}.organization_id", f"{table}.id"]
    return ForeignKeyConstraint(["organization_id", column], there, name=name, ondelete="CASCADE")


class LegalHold(Base):
    """Nothing that it is about is removed while it is open. It is released once, and never deleted."""

    __tablename__ = "legal_holds"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", name="legal_holds_organization_id_fkey", ondelete="CASCADE")
    )
    #: None is the whole organization.
    project_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[UUID]
    placed_at: Mapped[CreatedAt]
    released_by: Mapped[UUID | None]
    released_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="legal_holds_released_check"),
        _reference("project_id", "projects", name="legal_holds_project_fkey"),
        _reference("placed_by", "users", name="legal_holds_placer_fkey"),
        _reference("released_by", "users", name="legal_holds_releaser_fkey"),
        Index("idx_legal_holds_placed_at", "organization_id", "placed_at", "id"),
        *(
            Index(f"idx_legal_holds_{column}", "organization_id", column)
            for column in ("project_id", "placed_by", "released_by")
        ),
    )
