"""`block-diary verify-audit`: is every clinic's audit trail whole?"""

import argparse
import os
from collections import defaultdict
from typing import Any
from uuid import UUID

from server.config import load
from server.domain.errors import Invalid


def add_verify_audit(subcommands: Any) -> None:
    """`verify-audit`: follow the chain of every audit trail, and name the first broken row."""
    command = subcommands.add_parser(
        "verify-audit", help="follow every audit trail; name the first row that is not right"
    )
    command.add_argument(
        "--noted",
        action="append",
        default=[],
        metavar="CLINIC:ROW:SEAL",
        help="what an earlier run printed, kept elsewhere: that row must still be there",
    )
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from server.storage import audit_check, clinics
    from server.storage.db import Database

    noted: dict[UUID, dict[int, str]] = defaultdict(dict)
    for text in arguments.noted:
        clinic_id, number, seal = _noted(text)
        noted[clinic_id][number] = seal
    code = 0
    database = Database(load(os.environ, default="production").database_url)
    try:
        with database.reading() as session:
            known = {each.id: each.name for each in clinics.all_of_them(session)}
            for gone in noted.keys() - known.keys():
                code = 1
                print(f"BROKEN  {gone}: a clinic that was noted is not there")
            for clinic_id, name in known.items():
                found = audit_check.check(session, clinic_id, noted[clinic_id])
                if found.broken:
                    code = 1
                    print(f"BROKEN  {name}: {found.broken}; {found.rows} rows before it are right")
                else:
                    print(
                        f"right   {name}: {found.rows} rows; {clinic_id}:{found.rows}:{found.hash}"
                    )
    finally:
        database.close()
    return code


def _noted(text: str) -> tuple[UUID, int, str]:
    try:
        clinic_id, number, seal = text.split(":")
        return UUID(clinic_id), int(number), seal
    except ValueError:
        raise Invalid("--noted", f"{text!r} is not CLINIC:ROW:SEAL, as printed before") from None
