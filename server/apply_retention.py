"""`block-diary apply-retention`: erase or anonymise what each clinic no longer wants to keep."""

import argparse
import os
from datetime import UTC, datetime
from typing import Any

from server.config import load


def add_apply_retention(subcommands: Any) -> None:
    """`apply-retention`: what the server does once a day, now."""
    command = subcommands.add_parser(
        "apply-retention",
        help="erase or anonymise what clinics no longer keep now; the server does it once a day",
    )
    command.add_argument("--dry-run", action="store_true", help="say how many, and change nothing")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from server.storage import clinics, retention
    from server.storage.db import Database

    now = datetime.now(UTC)
    database = Database(load(os.environ, default="production").database_url)
    try:
        with database.reading() as session:
            known = {each.id: each.name for each in clinics.all_of_them(session)}
        for clinic_id, name in known.items():
            # A transaction for each clinic: what goes wrong at one holds up none of the others.
            with database.transaction() as session:
                found = retention.due(session, clinic_id, now)
                if found is None:
                    print(f"{name}: keeps everything")
                    continue
                count = len(found.patients)
                if not arguments.dry_run:
                    retention.apply(session, clinic_id, now)
                then = "erased" if found.rule.then == "erase" else "anonymised"
                print(f"{name}: {count} {'would be ' if arguments.dry_run else ''}{then}")
    finally:
        database.close()
    return 0
