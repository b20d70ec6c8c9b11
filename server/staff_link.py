"""`block-diary staff-link`: a way back in when the last administrator is locked out."""

import argparse
import os
from datetime import UTC, datetime
from typing import Any

from server.config import load
from server.domain.errors import NotFound


def add_staff_link(subcommands: Any) -> None:
    """`staff-link EMAIL`: reset one staff member's access and print a link."""
    command = subcommands.add_parser(
        "staff-link", help="reset somebody's sign-in, the last administrator's too; print a link"
    )
    command.add_argument("email", help="what they sign in with")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from server.storage import audit, staff, staff_access
    from server.storage.db import Database
    from server.storage.vault import Vault

    config, now = load(os.environ, default="production"), datetime.now(UTC)
    database = Database(config.database_url)
    try:
        with database.transaction() as session:
            member = staff.of_email(session, arguments.email.strip().lower())
            if member is None:
                raise NotFound(f"Nobody signs in with {arguments.email}.")
            staff_access.forget_proofs(session, member, now)
            staff.note(session, member, "staff.reset", {}, audit.SYSTEM, now)
            vault = Vault(config.secret_key)
            link = staff_access.invite(session, vault, member, audit.SYSTEM, now)
    finally:
        database.close()
    print(f"{config.public_url}/clinic/join#{link.token}")
    print(
        f"It works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC. What they had no longer works."
    )
    return 0
