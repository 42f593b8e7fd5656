from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
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
    #: While it is set nobody of it is let in, and its runs stand still.
    suspended_at: Mapped[Moment | None]
    #: What its people read when they sign in.
    suspension_reason: Mapped[str | None]
    #: The end of the waiting period, once somebody has asked for the organization's end.
    deletes_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("slug", name="organizations_slug_key"),
        Index("idx_organizations_slug", "slug"),
    )


class OrganizationSlug(Base):
    """A short name that an organization has or had: its own for ever. Written by a trigger (api.keep_slug)."""

    __tablename__ = "organization_slugs"

    id: Mapped[Key]
    #: Only a sample goes, and its short names with it.
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", name="organization_slugs_organization_id_fkey", ondelete="CASCADE")
    )
    slug: Mapped[Str100]
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("slug", name="organization_slugs_slug_key"),
        Index("idx_organization_slugs_organization", "organization_id", "created_at"),
    )
