"""With very many blocks: no page reads through a whole table, no file is held in memory."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from sqlalchemy import event

from benchmarks.installation import NOW, NURSE, Installation, fill
from server import create_app
from server.config import load
from server.interchange.csv_export import blocks_csv, diary_csv
from server.storage import dossiers
from server.storage.db import Database
from server.storage.models import Block, DiaryEntry
from tests.builders import SECRET_KEY
from tests.web.clinic.conftest import SQLITE, ClockInHand, Staff

BLOCKS, A_DAY = 24, 4


@pytest.fixture
def filled(database_url: str) -> Installation:
    return fill(database_url, BLOCKS, A_DAY)


@contextmanager
def plans(database: Database) -> Iterator[dict[str, str]]:
    """By statement, how SQLite finds its rows, by its own account."""
    found: dict[str, str] = {}

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found[statement] = " / ".join(str(row[-1]) for row in raw.fetchall())

    event.listen(database.engine, "before_cursor_execute", explain)
    yield found
    event.remove(database.engine, "before_cursor_execute", explain)


@SQLITE
def test_no_page_goes_through_all_that_a_clinic_has(filled: Installation, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": filled.url, "BLOCK_DIARY_DATA": str(tmp_path)}
    settings |= {"SECRET_KEY": SECRET_KEY, "PUBLIC_URL": "http://localhost"}
    app = create_app(load(settings, default="development"), ClockInHand(NOW))
    clinician = Staff(app.test_client(), NURSE)
    database = app.extensions["block_diary"].database
    clinician.be_signed_in()
    with plans(database) as found:
        board = clinician.get("/clinic/").text
        block = re.findall(r'"(/clinic/blocks/[0-9a-f-]{36})"', board)[0]
        clinician.get(block)
        clinician.get(f"{block}/diary.csv")
        clinician.get("/clinic/exports/diary.csv")
    database.close()
    large = "block|patient|enrolment|device|subscription|reminder|reminder_delivery|diary_entry"
    slow = {
        statement: plan
        for statement, plan in found.items()
        if re.search(rf"SCAN ({large})\b|USING (COVERING )?INDEX ix_({large})_clinic_id", plan)
        or "ix_block_performed (clinic_id=?)" in plan  # every block, whenever it was
    }
    assert slow == {}
    assert len(found) > 20


@pytest.mark.parametrize("lines", [blocks_csv, diary_csv])
def test_a_file_of_a_clinic_holds_two_batches_of_blocks_at_the_most(
    filled: Installation, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossiers, "BATCH", 3)
    held: dict[type, WeakSet[Any]] = {Block: WeakSet(), DiaryEntry: WeakSet()}
    most = dict.fromkeys(held, 0)
    seen = dict.fromkeys(held, 0)

    def loaded(row: Any, _context: object) -> None:
        held[type(row)].add(row)
        seen[type(row)] += 1

    for table in held:
        event.listen(table, "load", loaded)
    database = Database(filled.url)
    with database.reading() as session:
        found = dossiers.of_clinic(session, filled.clinic_id, None, None, NOW)
        for _ in lines(found):
            gc.collect(0)
            most = {table: max(most[table], len(rows)) for table, rows in held.items()}
    database.close()
    for table in held:
        event.remove(table, "load", loaded)
    assert seen == {Block: filled.blocks, DiaryEntry: filled.entries}
    assert most[Block] <= 2 * 3
    assert most[DiaryEntry] <= 2 * 3 * 16
