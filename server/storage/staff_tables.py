"""What the sign-in of staff needs besides the library's tables. Only hashes of secrets are kept."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant
from server.storage.db import Base


class StaffInvitation(Base):
    """A link by which one staff member sets a password: one use, expiring."""

    __tablename__ = "staff_invitation"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class StaffSession(Base):
    """One browser in which a staff member is signed in. It ends here, whatever the cookie says."""

    __tablename__ = "staff_session"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)  #: to the minute
    #: when all that was asked for was proven; None: a second factor is still to come
    proven_at: Mapped[datetime | None] = mapped_column(Instant)
    address: Mapped[str]
    browser: Mapped[str]  #: in words
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInTry(Base):
    """Failed tries of one kind from one place; gone a day after the last."""

    __tablename__ = "sign_in_try"
    key_hash: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant, index=True)


class PasskeyChallenge(Base):
    """What a passkey has to sign, once."""

    __tablename__ = "passkey_challenge"
    challenge_hash: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class FormerStaffNumber(Base):
    """Who it is whom the rows of an imported clinic name by a number that somebody else has here.

    Later numbers are higher, so that one means one person for ever at one clinic.
    """

    __tablename__ = "former_staff_number"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"))
