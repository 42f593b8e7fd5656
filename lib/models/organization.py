from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Moment, Str50, Str100, Str255


class Tier(StrEnum):
    """The subscription; an operator's to change."""

    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class Organization(Base):
    """A tenant. Its row is written by every call to a model (the quota), so it has room to be updated in place."""

    __tablename__ = "organizations"

    id: Mapped[Key]
    name: Mapped[Str255]
    slug: Mapped[Str100]
    subscription_tier: Mapped[Str50] = mapped_column(server_default=text("'free'"))
    #: Calls to models a month; None has no end.
    api_quota_limit: Mapped[int | None] = mapped_column(server_default=text("1000"))
    api_quota_used: Mapped[int] = mapped_column(server_default=text("0"))
    settings: Mapped[JsonObject]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    deleted_at: Mapped[Moment | None]
    quota_resets_at: Mapped[Moment] = mapped_column(server_default=text("api.next_month()"))
    #: When the sample workspace was made; None for every real organization.
    sample_made_at: Mapped[Moment | None]
    #: Since when its people need a second factor; None where they need none. Kept by trigger from the settings.
    second_factor_required_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("slug", name="organizations_slug_key"),
        Index("idx_organizations_slug", "slug"),
    )
