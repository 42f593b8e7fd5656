from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Str50, Str100


class SavedView(Base):
    """What one person looks at on a page, under a name; nobody else sees it."""

    __tablename__ = "saved_views"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", name="saved_views_organization_id_fkey", ondelete="CASCADE")
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", name="saved_views_user_id_fkey", ondelete="CASCADE"))
    #: The page's address.
    page: Mapped[Str50]
    name: Mapped[Str100]
    #: What follows the question mark of the address.
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("length(query) <= 8000", name="saved_views_query_check"),
        UniqueConstraint("organization_id", "user_id", "page", "name", name="saved_views_name_key"),
        ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["users.organization_id", "users.id"],
            name="saved_views_person_fkey",
            ondelete="CASCADE",
        ),
        Index("idx_saved_views_user_id", "user_id"),
    )
