"""The first clinic of an installation, and the administrator who signs in to it."""

import secrets
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from server import database
from server.config import Config
from server.domain.baseline import MAX_AGE_MINUTES
from server.domain.errors import Invalid
from server.domain.protocol import STANDARD, Criteria
from server.storage import clinics, models, protocols, staff
from server.storage.db import Database


def create_clinic(
    config: Config, *, name: str, telephone: str, timezone: str, email: str, now: datetime
) -> str:
    """Add a clinic with the standard protocol and its first administrator; their password.

    :param timezone: an IANA name
    :raises Invalid: the name or the telephone is empty, the zone is unknown, or the address is
        not one or taken
    :raises StartRefused: the database cannot be used
    """
    for option, text in (("--name", name), ("--telephone", telephone)):
        if not text.strip():
            raise Invalid(option, "is empty")
    if timezone not in available_timezones():
        raise Invalid("--timezone", f"{timezone} is not an IANA time zone, such as Europe/London")
    database.check(config)
    password = secrets.token_urlsafe(15)
    opened = Database(config.database_url)
    try:
        with opened.transaction() as session:
            open_clinic(
                session,
                name=name.strip(),
                telephone=telephone.strip(),
                timezone=timezone,
                email=email,
                administrator="",
                password=password,
                # Where nobody's real data can be meant, a first look asks for no app.
                second_factor_for="administrators"
                if config.environment == "production"
                else "nobody",
                now=now,
            )
    finally:
        opened.close()
    return password


def open_clinic(
    session: Session,
    *,
    name: str,
    telephone: str,
    timezone: str,
    email: str,
    administrator: str,
    password: str,
    second_factor_for: str,
    now: datetime,
) -> tuple[models.Clinic, models.Protocol]:
    """A clinic that can enrol at once: with the standard protocol and somebody who signs in.

    :param administrator: what staff see of them; empty shows the address
    :param second_factor_for: who must sign in with one: nobody, administrators or everybody
    :raises Invalid: the address is not one, or somebody signs in with it already
    """
    clinic = clinics.create(session, name=name, telephone=telephone, timezone=timezone, now=now)
    clinic.second_factor_for = second_factor_for
    protocol = protocols.keep(session, clinic.id, STANDARD, Criteria(), MAX_AGE_MINUTES, now)
    staff.add(
        session,
        clinic_id=clinic.id,
        email=email,
        name=administrator,
        role="administrator",
        password=password,
        now=now,
    )
    return clinic, protocol
