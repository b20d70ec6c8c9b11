"""The first clinic of an installation, and the administrator who signs in to it."""

import argparse
import os
import secrets
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from server.config import load
from server.domain.baseline import MAX_AGE_MINUTES
from server.domain.errors import Invalid
from server.domain.protocol import STANDARD, Criteria


def add_create_clinic(subcommands: Any) -> None:
    """`create-clinic`: a clinic with its standard protocol and its first administrator."""
    command = subcommands.add_parser(
        "create-clinic", help="add a clinic and its first administrator"
    )
    command.add_argument("--name", required=True, help="as patients know it")
    command.add_argument("--telephone", required=True, help="what patients are told to call")
    command.add_argument("--timezone", required=True, help="an IANA name, such as Europe/London")
    command.add_argument("--email", required=True, help="what the administrator signs in with")
    command.set_defaults(run=_create_clinic)


def _create_clinic(arguments: argparse.Namespace) -> int:
    from server import database
    from server.storage import clinics, protocols, staff
    from server.storage.db import Database

    for name in ("name", "telephone"):
        if not getattr(arguments, name).strip():
            raise Invalid(f"--{name}", "is empty")
    if arguments.timezone not in available_timezones():
        raise Invalid("--timezone", f"{arguments.timezone} is not an IANA time zone")
    config = load(os.environ, default="production")
    database.check(config)
    password, now = secrets.token_urlsafe(15), datetime.now(UTC)
    opened = Database(config.database_url)
    try:
        with opened.transaction() as session:
            clinic = clinics.create(
                session,
                name=arguments.name.strip(),
                telephone=arguments.telephone.strip(),
                timezone=arguments.timezone,
                now=now,
            )
            protocols.keep(session, clinic.id, STANDARD, Criteria(), MAX_AGE_MINUTES, now)
            staff.add(
                session,
                clinic_id=clinic.id,
                email=arguments.email,
                name="",
                role="administrator",
                password=password,
                now=now,
            )
    finally:
        opened.close()
    print(f"Sign in at {config.public_url}/clinic/ as {arguments.email}")
    print(f"Password, shown this once: {password}")
    return 0
