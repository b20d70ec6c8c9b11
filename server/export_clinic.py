"""`block-diary export-clinic`: everything that one clinic holds, as a file to import elsewhere."""

import argparse
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.config import load
from server.domain.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from server.storage.models import Clinic


def add_export_clinic(subcommands: Any) -> None:
    """`export-clinic CLINIC FILE`."""
    command = subcommands.add_parser(
        "export-clinic", help="write all that a clinic holds into a file, to be imported elsewhere"
    )
    command.add_argument("clinic", metavar="CLINIC", help="its name, or its id")
    command.add_argument("file", metavar="FILE.zip", type=Path, help="a new file, for you alone")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from server import database as tables
    from server.interchange import clinic_file
    from server.storage import audit, clinic_export, clinics
    from server.storage.db import Database
    from server.storage.vault import Vault

    config, now = load(os.environ, default="production"), datetime.now(UTC)
    tables.check(config)
    vault, database = Vault(config.secret_key), Database(config.database_url)
    try:
        with database.transaction() as session:
            clinic = _chosen(clinics.all_of_them(session), arguments.clinic)
            clinic_export.note(session, clinic.id, audit.SYSTEM, now)
        with database.reading() as session:
            head = clinic_export.head(session, clinic.id, now)
            rows = clinic_export.tables(session, vault, clinic.id)
            _write(arguments.file, clinic_file.written(head, rows, now))
    finally:
        database.close()
    print(f"{clinic.name}: {arguments.file}, {arguments.file.stat().st_size:,} bytes")
    print(
        "It holds patients' diaries and e-mail addresses in clear, and nothing that lets anybody in."
    )
    print("Bring it in elsewhere with: block-diary import-clinic FILE")
    return 0


def _chosen(known: "list[Clinic]", wanted: str) -> "Clinic":
    found = [each for each in known if wanted in (str(each.id), each.name)]
    if len(found) == 1:
        return found[0]
    names = "; ".join(f"{each.name} ({each.id})" for each in known) or "none"
    if found:
        raise Conflict(f"Several clinics are called {wanted}: give the id. There are: {names}")
    raise NotFound(f"There is no clinic {wanted}. There are: {names}")


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """A new file that nobody else can read; none is left if it cannot be finished."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Invalid("", f"the file {path} is there already; give a new name") from None
    except OSError as error:
        raise Invalid("", f"the file {path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(number, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Invalid("", f"the file {path} cannot be written: {error.strerror}") from None
        raise
