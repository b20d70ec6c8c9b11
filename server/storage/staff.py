"""A clinic's staff members and how they prove who they are.

The columns are those of Flask-Security's own models, so that two-factor and passkeys need no new
shape: only the staff member's clinic and name are ours. Class names are the library's.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from flask_security.models.sqla import FsModels, FsRoleMixin, FsUserMixin, FsWebAuthnMixin
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.domain.errors import Invalid
from server.domain.staff import ROLES
from server.storage import audit
from server.storage.db import Base

#: Shortest password. Source: NIST SP 800-63B-4, for a password that is the only factor.
PASSWORD_MIN_CHARACTERS = 15

FsModels.set_db_info(  # type: ignore[no-untyped-call]
    base_model=Base,
    user_table_name="staff_member",
    role_table_name="staff_role",
    webauthn_table_name="staff_passkey",
)


class Role(Base, FsRoleMixin):
    """What a staff member may do; one of `ROLES`."""

    __tablename__ = "staff_role"


class User(Base, FsUserMixin):
    """A clinic's user. `email` is what they sign in with, in lower case."""

    __tablename__ = "staff_member"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), index=True)
    name: Mapped[str]  #: as shown beside what they did

    @property
    def role(self) -> str:
        """The name of their role."""
        return str(self.roles[0].name)


class WebAuthn(Base, FsWebAuthnMixin):
    """A passkey of a staff member; not switched on yet."""

    __tablename__ = "staff_passkey"


def add(
    session: Session,
    *,
    clinic_id: UUID,
    email: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
) -> User:
    """Give a person at a clinic access to its pages.

    :param role: one of `ROLES`
    :raises Invalid: the address is not one, somebody signs in with it already, the role is
        unknown, or the password is too short
    """
    email = email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        raise Invalid("email", "is not an email address")
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise Invalid("email", "somebody signs in with this address already")
    if role not in ROLES:
        raise Invalid("role", f"is not one of {', '.join(ROLES)}")
    if len(password) < PASSWORD_MIN_CHARACTERS:
        raise Invalid("password", f"has fewer than {PASSWORD_MIN_CHARACTERS} characters")
    member = User(
        clinic_id=clinic_id,
        email=email,
        name=name.strip() or email,
        password=PasswordHasher().hash(unicodedata.normalize("NFKD", password)),
        active=True,
        fs_uniquifier=uuid4().hex,
        roles=[_role(session, role)],
    )
    session.add(member)
    session.flush()
    audit.record(
        session,
        clinic_id,
        audit.SYSTEM,
        "staff.added",
        audit.staff(member.id),
        {"role": role},
        now,
    )
    return member


def names(session: Session, clinic_id: UUID, ids: Sequence[int]) -> dict[int, str]:
    """By id, what the staff members of a clinic are called; an unknown id is left out."""
    found = select(User.id, User.name).where(User.clinic_id == clinic_id, User.id.in_(ids))
    return {row.id: row.name for row in session.execute(found)}


def names_of_roles(session: Session, clinic_id: UUID, roles: Sequence[str]) -> list[str]:
    """What the staff members of a clinic who have one of these roles are called, sorted."""
    found = select(User.name).where(User.clinic_id == clinic_id, User.active)
    return sorted(session.scalars(found.where(User.roles.any(Role.name.in_(roles)))))


def _role(session: Session, name: str) -> Role:
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name)
        session.add(role)
    return role
