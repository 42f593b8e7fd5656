from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import (
    Base,
    CreatedAt,
    Dollars,
    JsonObject,
    Key,
    Moment,
    Str50,
    Str100,
    Str255,
    reference,
    tenant_reference,
)


class ProviderConnection(Base):
    """Somewhere that models answer, of one organization's own. `slug` is the provider in a run's `provider:model`."""

    __tablename__ = "provider_connections"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="provider_connections_organization_id_fkey")
    )
    slug: Mapped[Str50]
    name: Mapped[Str255]
    #: `lib.providers.vendors.Vendor`.
    vendor: Mapped[Str50]
    base_url: Mapped[str] = mapped_column(String(500))
    api_version: Mapped[Str50] = mapped_column(server_default=text("''"))
    #: Sealed by `lib.secrets.vault`. Written by people and never read by them: api.open_connection gives it away.
    encrypted_key: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    key_last4: Mapped[str | None] = mapped_column(String(4))
    models: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    parameters: Mapped[JsonObject]
    #: None where the public price lists are asked, and where `is_free`.
    input_usd_per_million: Mapped[Dollars | None]
    output_usd_per_million: Mapped[Dollars | None]
    is_free: Mapped[bool] = mapped_column(server_default=text("false"))
    #: None has no limit. Whose turn it is stands in `ConnectionTurn`.
    requests_per_minute: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_tested_at: Mapped[Moment | None]
    last_test: Mapped[JsonObject]
    created_by: Mapped[UUID] = mapped_column(reference("users", name="provider_connections_created_by_fkey"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("organization_id", "slug", name="provider_connections_organization_id_slug_key"),
        tenant_reference("created_by", "users", name="provider_connections_creator_fkey"),
        Index("idx_provider_connections_created_by", "created_by"),
    )


class IntegrationConnection(Base):
    """Where operations of one kind go, of one organization's own. Templates name it by its `slug`."""

    __tablename__ = "integration_connections"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="integration_connections_organization_id_fkey")
    )
    slug: Mapped[Str50]
    name: Mapped[Str255]
    #: The kind of operation: `lib.integrations.registry`.
    kind: Mapped[Str100]
    #: What the secret is bound to, such as an address.
    target: Mapped[str] = mapped_column(String(500), server_default=text("''"))
    settings: Mapped[JsonObject]
    #: Sealed by `lib.secrets.vault`. Written by people and never read by them: api.open_integration gives it away.
    encrypted_secret: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    sealed_last4: Mapped[str] = mapped_column(String(4), server_default=text("''"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    #: Counted by a trigger: another one leads elsewhere, and no approval for an earlier one counts for it.
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_by: Mapped[UUID] = mapped_column(reference("users", name="integration_connections_created_by_fkey"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("organization_id", "slug", name="integration_connections_organization_id_slug_key"),
        tenant_reference("created_by", "users", name="integration_connections_creator_fkey"),
        Index("idx_integration_connections_created_by", "created_by"),
    )


class ConnectionTurn(Base):
    """When the calls so far of a connection with a limit are all spread out: see api.take_turns. The engine's alone."""

    __tablename__ = "connection_turns"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    next_at: Mapped[Moment]
