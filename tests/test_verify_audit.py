"""`block-diary verify-audit` and `staff-link`, as whoever runs an installation types them."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import JSON, Uuid, bindparam, text

from server.cli import main
from server.config import load
from server.database import migrate
from server.new_clinic import create_clinic
from server.storage import audit, audit_check, staff
from server.storage.columns import Instant
from server.storage.db import Database
from server.storage.migrate import migrate as migrate_to
from tests.builders import NOON, SECRET_KEY


@pytest.fixture
def installation(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Database:
    """A migrated database with one clinic, where the commands find it."""
    environ = {
        "BLOCK_DIARY_ENV": "development",
        "BLOCK_DIARY_DATA": str(tmp_path),
        "DATABASE_URL": empty_database_url,
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": "http://localhost:8000",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    config = load(environ, default="production")
    migrate(config)
    clinic = {"name": "Elm", "telephone": "555-0100", "timezone": "UTC", "email": "ada@elm.org"}
    create_clinic(config, **clinic, now=NOON)
    return Database(config.database_url)


def test_the_command_says_what_is_right_and_names_the_first_broken_row(
    installation: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["verify-audit"]) == 0
    said = capsys.readouterr().out
    found = re.fullmatch(r"right   Elm: 1 rows; (\S+)\n", said)
    assert found, said
    assert main(["staff-link", "Ada@elm.org"]) == 0
    assert main(["verify-audit", "--noted", found[1]]) == 0
    assert "Elm: 3 rows" in capsys.readouterr().out
    assert main(["verify-audit", "--noted", f"{found[1][:-1]}-"]) == 1
    assert "BROKEN  Elm: row 1 has another seal than was noted; 0 rows" in capsys.readouterr().out
    assert main(["verify-audit", "--noted", "nonsense"]) == 2
    capsys.readouterr()
    with installation.transaction() as session:
        if installation.is_sqlite:
            session.execute(text("DROP TRIGGER audit_event_no_update"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE audit_event SET action = 'nothing' WHERE number = 2"))
    installation.close()
    assert main(["verify-audit"]) == 1
    assert capsys.readouterr().out == (
        "BROKEN  Elm: row 2 is not what was written; 1 rows before it are right\n"
    )


def test_the_last_administrator_gets_back_in_by_a_command(
    installation: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["staff-link", "nobody@elm.org"]) == 2
    assert main(["staff-link", "ada@elm.org"]) == 0
    said = capsys.readouterr().out
    assert re.match(r"http://localhost:8000/clinic/join#[\w-]{22}\n", said)
    with installation.reading() as session:
        member = staff.of_email(session, "ada@elm.org")
        assert member is not None and member.password is None
    installation.close()


def test_the_rows_of_an_earlier_version_are_sealed_by_the_migration(
    empty_database_url: str,
) -> None:
    """What the migration seals is what the program checks, and what it goes on from."""
    migrate_to(empty_database_url, "0002")
    database = Database(empty_database_url)
    ids = {name: uuid4() for name in ("Elm", "Oak")}
    with database.transaction() as session:
        for name, clinic_id in ids.items():
            row = {"id": clinic_id, "name": name, "at": NOON.replace(microsecond=7)}
            session.execute(text(CLINIC).bindparams(*TYPES["clinic"]), row)
        for number in range(6):
            row = {
                "id": ids["Oak" if number % 3 else "Elm"],
                "at": NOON.replace(microsecond=number),
            }
            session.execute(
                text(EVENT).bindparams(*TYPES["event"]), row | {"details": {"wörd": [number, None]}}
            )
    database.close()
    migrate_to(empty_database_url)
    database = Database(empty_database_url)
    with database.transaction() as session:
        audit.record(session, ids["Elm"], audit.SYSTEM, "block.planned", "block:2", {}, NOON)
    with database.reading() as session:
        for name, rows in (("Elm", 3), ("Oak", 4)):
            found = audit_check.check(session, ids[name])
            assert (found.rows, found.broken) == (rows, None)
    database.close()


CLINIC = (
    "INSERT INTO clinic (id, name, telephone, timezone, created_at)"
    " VALUES (:id, :name, '1', 'UTC', :at)"
)
EVENT = (
    "INSERT INTO audit_event (clinic_id, at, actor, action, subject, details)"
    " VALUES (:id, :at, 'system', 'block.planned', 'block:1', :details)"
)
OF_BOTH = (bindparam("id", type_=Uuid()), bindparam("at", type_=Instant()))
TYPES = {"clinic": OF_BOTH, "event": (*OF_BOTH, bindparam("details", type_=JSON()))}
