"""`block-diary import-clinic`: a clinic that comes from another installation."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from server.config import load
from server.domain.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from server.interchange.clinic_file import ClinicFile
    from server.storage.staff import User


def add_import_clinic(subcommands: Any) -> None:
    """`import-clinic FILE`."""
    command = subcommands.add_parser(
        "import-clinic", help="bring in a clinic that export-clinic wrote at another installation"
    )
    command.add_argument("file", metavar="FILE.zip", type=Path)
    command.add_argument(
        "--administrator",
        metavar="EMAIL",
        help="who gets the link to sign in; else each administrator that the clinic has",
    )
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from server import database as tables
    from server.cli import one_line
    from server.interchange import clinic_file
    from server.storage import audit, clinic_import, staff_access
    from server.storage.db import Database
    from server.storage.vault import Vault

    config, now = load(os.environ, default="production"), datetime.now(UTC)
    tables.check(config)
    vault, database = Vault(config.secret_key), Database(config.database_url)
    try:
        with clinic_file.opened(arguments.file) as file:
            clinic_id = _fitting(file)
            file.verify()
            origin = {"made_at": file.made_at, "app_version": file.app_version}
            with database.transaction() as session:
                count = clinic_import.bring_in(session, vault, clinic_id, file.rows, origin, now)
                people = _administrators(session, clinic_id, arguments.administrator, now)
                links = [
                    (each, staff_access.invite(session, vault, each, audit.SYSTEM, now))
                    for each in people
                ]
    finally:
        database.close()
    print(
        f"{one_line(file.name)}: {count:,} rows, as they were on {file.made_at}; the audit trail is whole"
    )
    for member, link in links:
        print(f"{member.email}: {config.public_url}/clinic/join#{link.token}")
        print(f"  It works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC.")
    print("Everybody else signs in anew: an administrator makes them a link on the page Staff.")
    print("Patients' phones are not linked: make each a new sheet. Their reminders then go on.")
    print("E-mail reminders are off: staff switch each on again on the page of the block.")
    for other in file.set_up_again:
        print(f"To be set up anew, under Export, Other systems: {one_line(other)}")
    return 0


def _fitting(file: "ClinicFile") -> UUID:
    """:raises Invalid: its tables are not those of this version"""
    from server.storage import clinic_tables, migrate

    if file.revision != migrate.head():
        raise Invalid(
            "",
            f"the file has the tables {file.revision} of version {file.app_version}, this"
            f" installation has {migrate.head()}; bring both to the same version and export it"
            " again",
        )
    try:
        clinic_id = UUID(file.clinic_id)
    except ValueError:
        raise Invalid("manifest.json", "its clinic's id is none") from None
    wanted = {each.name for each in clinic_tables.of_clinic(clinic_id)}
    if {each.table for each in file.members} != wanted:
        raise Invalid("manifest.json", "it has not the tables of this version")
    return clinic_id


def _administrators(
    session: "Session", clinic_id: UUID, email: str | None, now: datetime
) -> "list[User]":
    """Whoever gets a link.

    :raises Invalid: nobody can, or somebody of that address cannot
    """
    from server.storage import staff

    known = [
        each
        for each in staff.members(session, clinic_id)
        if each.active and each.role == "administrator"
    ]
    if email is None:
        if not known:
            raise Invalid(
                "--administrator",
                "is needed: nobody who looks after this clinic's staff can sign in here. Give the"
                " address of somebody who does not sign in at another clinic here",
            )
        return known
    found = [each for each in known if each.email == email.strip().lower()]
    return found or [
        staff.add(
            session,
            clinic_id=clinic_id,
            email=email,
            name="",
            role="administrator",
            password=None,
            now=now,
        )
    ]
