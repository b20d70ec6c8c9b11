"""A clinic's staff members and how they prove who they are.

The columns are those of Flask-Security's own models, so that two-factor and passkeys need no new
shape: only the staff member's clinic and name are ours. Class names are the library's.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from flask_security.models.sqla import FsModels, FsRoleMixin, FsUserMixin, FsWebAuthnMixin
from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.passwords import problem_with
from server.domain.staff import ROLES
from server.storage import audit, clinics
from server.storage.db import Base
from server.storage.staff_tables import FormerStaffNumber

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
    #: the last 30 seconds whose code of the authenticator app was used; each counts once
    totp_counter: Mapped[int | None]
    #: that they read the clinic's pages in, as they chose; None: the one their browser asks for
    language: Mapped[str | None]

    @property
    def role(self) -> str:
        """The name of their role."""
        return str(self.roles[0].name)


class WebAuthn(Base, FsWebAuthnMixin):
    """A passkey of a staff member."""

    __tablename__ = "staff_passkey"


def add(
    session: Session,
    *,
    clinic_id: UUID,
    email: str,
    name: str,
    role: str,
    password: str | None,
    now: datetime,
    actor: str = audit.SYSTEM,
) -> User:
    """Give a person at a clinic access to its pages.

    :param role: one of `ROLES`
    :param password: None if they set one by a link
    :raises Invalid: the address is not one, somebody signs in with it already, the role is
        unknown, or the password cannot be used
    """
    email = email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        raise Invalid("email", "is not an email address")
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise Invalid("email", "somebody signs in with this address already")
    _check_role(role)
    clinic_name = clinics.get(session, clinic_id).name
    member = User(
        clinic_id=clinic_id,
        email=email,
        name=name.strip() or email,
        active=True,
        fs_uniquifier=uuid4().hex,
        roles=[role_of_name(session, role)],
    )
    if password is not None:
        set_password(session, member, password, clinic_name)
    session.add(member)
    session.flush()
    audit.record(
        session,
        clinic_id,
        actor,
        "staff.added",
        audit.staff(member.id),
        {"role": role},
        now,
    )
    return member


def get(session: Session, clinic_id: UUID, staff_id: int) -> User:
    """:raises NotFound: this clinic has no such staff member"""
    member = session.scalar(select(User).where(User.clinic_id == clinic_id, User.id == staff_id))
    if member is None:
        raise NotFound("There is no such staff member at your clinic.")
    return member


def of_email(session: Session, email: str) -> User | None:
    """Whoever signs in with this address, at whatever clinic; None if nobody does."""
    return session.scalar(select(User).where(User.email == email))


def members(session: Session, clinic_id: UUID) -> list[User]:
    """Everybody at a clinic: those with access first, each by name."""
    found = select(User).where(User.clinic_id == clinic_id)
    return list(session.scalars(found.order_by(User.active.desc(), User.name, User.id)))


def set_password(session: Session, member: User, password: str, clinic_name: str) -> None:
    """:raises Invalid: "password": it is too short or easily guessed"""
    problem = problem_with(password, (clinic_name, member.name, member.email))
    if problem:
        raise Invalid("password", problem)
    member.password = PasswordHasher().hash(unicodedata.normalize("NFKD", password))


def change_role(session: Session, member: User, role: str, actor: str, now: datetime) -> None:
    """Let them do what another role may, from their next request on.

    :raises Conflict: nobody else could look after the clinic's staff
    """
    _check_role(role)
    before = member.role
    if role == before:
        return
    keep_an_administrator(session, member)
    member.roles = [role_of_name(session, role)]
    details = {"from": before, "to": role}
    note(session, member, "staff.role_changed", details, actor, now)


def keep_an_administrator(session: Session, leaving: User) -> None:
    """:raises Conflict: they are the only administrator who can sign in"""
    clinics.take_turns(session, leaving.clinic_id)
    administrators = session.scalars(
        select(User.id).where(
            User.clinic_id == leaving.clinic_id,
            User.active,
            User.password.is_not(None),
            User.roles.any(Role.name == "administrator"),
        )
    ).all()
    if list(administrators) == [leaving.id]:
        raise Conflict(
            "{name} is the only administrator who can sign in."
            " Make somebody else administrator first, and let them sign in.",
            name=leaving.name,
        )


def names(session: Session, clinic_id: UUID, ids: Sequence[int]) -> dict[int, str]:
    """By id, what the staff members of a clinic are called; an unknown id is left out. Ids that
    they had before their clinic was imported are known too."""
    now = select(User.id, User.name).where(User.clinic_id == clinic_id, User.id.in_(ids))
    before = _formerly(clinic_id).where(FormerStaffNumber.number.in_(ids))
    return {number: name for found in (now, before) for number, name in session.execute(found)}


def trail_names(session: Session, clinic_id: UUID) -> dict[str, str]:
    """By how the trail names them, what everybody who is or was at a clinic is called."""
    now = {audit.staff(each.id): str(each.name) for each in members(session, clinic_id)}
    before = session.execute(_formerly(clinic_id).order_by(FormerStaffNumber.number))
    return now | {audit.staff(number): name for number, name in before}


def _formerly(clinic_id: UUID) -> Select[int, str]:
    return (
        select(FormerStaffNumber.number, User.name)
        .join(User, User.id == FormerStaffNumber.staff_id)
        .where(FormerStaffNumber.clinic_id == clinic_id, User.clinic_id == clinic_id)
    )


def names_of_roles(session: Session, clinic_id: UUID, roles: Sequence[str]) -> list[str]:
    """What the staff members of a clinic who have one of these roles are called, sorted."""
    found = select(User.name).where(User.clinic_id == clinic_id, User.active)
    return sorted(session.scalars(found.where(User.roles.any(Role.name.in_(roles)))))


def role_of_name(session: Session, name: str) -> Role:
    """The role, kept from now on if it was not.

    :raises Invalid: there is none of that name
    """
    _check_role(name)
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name)
        session.add(role)
    return role


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Invalid("role", f"is not one of {', '.join(ROLES)}")


def set_language(session: Session, member: User, code: str | None, now: datetime) -> None:
    """Say the pages to them in this language; None: in the one that their browser asks for."""
    member.language = code
    note(session, member, "staff.language_set", {"to": code}, audit.staff(member.id), now)


def note(
    session: Session,
    member: User,
    action: str,
    details: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> None:
    """Put what happened to a staff member on the audit trail."""
    subject = audit.staff(member.id)
    audit.record(session, member.clinic_id, actor, action, subject, details, now)
