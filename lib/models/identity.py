from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, INET
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment, reference


class UserCredential(Base):
    """How a person proves who they are. Only the identity login reads it."""

    __tablename__ = "user_credentials"

    user_id: Mapped[UUID] = mapped_column(reference("users", name="user_credentials_user_id_fkey"), primary_key=True)
    password_hash: Mapped[str]
    password_changed_at: Mapped[CreatedAt]
    failed_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    #: Of the second factor, sealed; without `totp_enabled_at` it waits for its first code.
    totp_secret: Mapped[bytes | None]
    totp_enabled_at: Mapped[Moment | None]
    #: The last time step whose code was taken: no code of it, or of one before, is taken again.
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    #: Hashes of those that are left.
    recovery_codes: Mapped[list[bytes] | None] = mapped_column(ARRAY(LargeBinary))


class UserSession(Base):
    """A signed-in browser; the cookie holds the secret, the row its hash."""

    __tablename__ = "user_sessions"

    id: Mapped[Key]
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(reference("users", name="user_sessions_user_id_fkey"))
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    #: The person of the sample workspace as whom an operator looks around in it.
    visiting: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint("token_hash", name="user_sessions_token_hash_key"),
        Index("idx_user_sessions_user_id", "user_id"),
    )


class UserToken(Base):
    """A one-time link or ticket: single use, expiring, kept as its hash."""

    __tablename__ = "user_tokens"

    id: Mapped[Key]
    kind: Mapped[str]
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID | None] = mapped_column(reference("users", name="user_tokens_user_id_fkey"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    #: The address that a link was sent to, where what it does hangs on it.
    email: Mapped[str | None]
    #: What the link of an invitation belongs to instead of a person: there is none yet.
    invitation_id: Mapped[UUID | None] = mapped_column(reference("invitations", name="user_tokens_invitation_id_fkey"))

    __table_args__ = (
        UniqueConstraint("token_hash", name="user_tokens_token_hash_key"),
        Index("idx_user_tokens_user_id", "user_id"),
        Index("idx_user_tokens_invitation_id", "invitation_id"),
    )


class ClaimKey(Base):
    """A key that claims are signed with, padded as HMAC begins (RFC 2104). Only the owner's functions read it."""

    __tablename__ = "claim_keys"

    id: Mapped[Key]
    inner_pad: Mapped[bytes]
    outer_pad: Mapped[bytes]
    #: Until then claims without a signature are believed as well: processes of the version before sign nothing.
    required_from: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]


class SignInNetwork(Base):
    """An address that people try to sign in from, and how often that went wrong lately. It is nobody's data."""

    __tablename__ = "sign_in_networks"

    #: One address of IPv4, a /64 of IPv6.
    network: Mapped[str] = mapped_column(CIDR, primary_key=True)
    #: Since `began_at`, without those that went well.
    attempts: Mapped[int]
    #: How many of all of them gave a name that nobody has; for the operator.
    unknown_names: Mapped[int] = mapped_column(server_default=text("0"))
    began_at: Mapped[CreatedAt]

    __table_args__ = (Index("idx_sign_in_networks_began_at", "began_at"),)
