from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Moment, Str100, Str255, reference

#: Actions of the trail that somebody was kept from.
REFUSALS: Final = (
    "access.refused",
    "identity.code_refused",
    "identity.lock_out",
    "identity.password_refused",
    "identity.sign_in_refused",
)
#: Of these what follows on a refusal, in an entry of its own, and is none more.
LOCK_OUT: Final = "identity.lock_out"
#: The condition that an entry is one; the same words stand in an index.
REFUSED: Final = f"action IN {REFUSALS}"  # a tuple of plain words is written as SQL writes a list


class AuditLog(Base):
    """Who did what, when and from where; written by triggers, changed by nobody."""

    __tablename__ = "audit_logs"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="audit_logs_organization_id_fkey"))
    user_id: Mapped[UUID | None] = mapped_column(reference("users", name="audit_logs_user_id_fkey"))
    action: Mapped[Str255]
    resource_type: Mapped[Str100 | None]
    resource_id: Mapped[UUID | None]
    old_values: Mapped[JsonObject]
    new_values: Mapped[JsonObject]
    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    session_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]

    __table_args__ = (
        Index("idx_audit_logs_organization_created", "organization_id", "created_at", "id"),
        Index("idx_audit_logs_resource", "organization_id", "resource_type", "resource_id", "created_at"),
        Index("idx_audit_logs_user_id", "user_id"),
        Index("idx_audit_logs_person", "organization_id", "user_id", "created_at", "id"),
        Index("idx_audit_logs_action", "organization_id", "action", "created_at", "id"),
        Index("idx_audit_logs_type", "organization_id", "resource_type", "created_at", "id"),
        Index(
            "idx_audit_logs_address",
            "organization_id",
            "ip_address",
            "created_at",
            "id",
            postgresql_where=text("ip_address IS NOT NULL"),
        ),
        Index("idx_audit_logs_refused", "organization_id", "created_at", "id", postgresql_where=text(REFUSED)),
        Index("idx_audit_logs_written", "organization_id", "id"),
    )


class AuditSeal(Base):
    """One stretch of an organization's trail as it was when it was sealed; changed and removed by nobody."""

    __tablename__ = "audit_seals"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="audit_seals_organization_id_fkey"))
    #: From 1 on, without gaps.
    number: Mapped[int] = mapped_column(BigInteger)
    #: The stretch: ids greater than the first, up to the second.
    after_id: Mapped[UUID]
    through_id: Mapped[UUID]
    row_count: Mapped[int] = mapped_column(BigInteger)
    #: SHA-256 of the hashes of all rows.
    rows_hash: Mapped[bytes] = mapped_column(LargeBinary)
    #: Of each row its id and the first half of its hash, to say which one differs.
    leaves: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    #: What the seal is known by, and the next one begins with.
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[CreatedAt]
    #: When retention removed its entries.
    removed_at: Mapped[Moment | None]
    #: When an operator accepted that it does not hold, so that its entries may be removed all the same.
    accepted_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("number > 0", name="audit_seals_number_check"),
        UniqueConstraint("organization_id", "number", name="audit_seals_number_key"),
        Index(
            "idx_audit_seals_removed", "organization_id", "removed_at", postgresql_where=text("removed_at IS NOT NULL")
        ),
    )
