"""How much memory an export takes, for few blocks and for ten times as many.

`python -m benchmarks.export_memory [BLOCKS]` makes a clinic with BLOCKS (default 100) and one with
ten times as many, 15 entries each, on SQLite, and prints the peak of the memory that Python
allocates while each file is written, or a clinic's is brought in at another database, and the
ratio. A ratio of 1 means: whatever the size.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from server.domain.dossier import Dossier
from server.domain.protocol import STANDARD, Criteria
from server.interchange import clinic_file
from server.interchange.csv_export import blocks_csv, diary_csv
from server.storage import clinic_export, clinic_import, clinics, dossiers, protocols
from server.storage.db import Database
from server.storage.migrate import migrate
from server.storage.models import Block, Device, DiaryEntry, Enrolment, Patient

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
ENTRIES = 15
Lines = Callable[[Iterable[Dossier]], Iterator[str]]


def main(blocks: int) -> None:
    """Print the two peaks of each file and their ratio."""
    with TemporaryDirectory() as folder:
        small = _filled(Path(folder) / "small.sqlite3", blocks)
        large = _filled(Path(folder) / "large.sqlite3", 10 * blocks)
        for name, lines in (("blocks.csv", blocks_csv), ("diary.csv", diary_csv)):
            _peak(small, lines)  # what is read once and kept is not counted
            few, many = _peak(small, lines), _peak(large, lines)
            print(
                f"{name}: {few / 1e6:.2f} MB for {blocks} blocks, {many / 1e6:.2f} MB for"
                f" {10 * blocks}, ratio {many / few:.2f}"
            )
        _take_along(Path(folder), small, Path(folder) / "first.zip")
        few_out, few_in, _, _ = _take_along(Path(folder), small, Path(folder) / "small.zip")
        out, in_, out_s, in_s = _take_along(Path(folder), large, Path(folder) / "large.zip")
        for name, few, many, seconds in (
            ("clinic.zip out", few_out, out, out_s),
            ("clinic.zip in", few_in, in_, in_s),
        ):
            print(
                f"{name}: {few / 1e6:.2f} MB for {blocks} blocks, {many / 1e6:.2f} MB for"
                f" {10 * blocks}, ratio {many / few:.2f}; {seconds:.1f} s for {10 * blocks}"
            )


def _take_along(
    folder: Path, opened: tuple[Database, UUID], path: Path
) -> tuple[int, int, float, float]:
    """The peaks on the way out and in, and the seconds each takes without anybody counting."""
    database, clinic_id = opened
    peaks, seconds = [], []
    for counted in (True, False):
        there = folder / f"{path.stem}-{counted}.sqlite3"
        migrate(f"sqlite:///{there}")
        target = Database(f"sqlite:///{there}")
        for work, on in ((_write_out, database), (_bring_in, target)):
            if counted:
                tracemalloc.start()
            begun = time.perf_counter()
            work(on, clinic_id, path)
            if counted:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
            else:
                seconds.append(time.perf_counter() - begun)
        target.close()
    return peaks[0], peaks[1], seconds[0], seconds[1]


def _write_out(database: Database, clinic_id: UUID, path: Path) -> None:
    with database.reading() as session, path.open("wb") as file:
        head = clinic_export.head(session, clinic_id, NOW)
        for piece in clinic_file.written(head, clinic_export.tables(session, clinic_id), NOW):
            file.write(piece)


def _bring_in(database: Database, clinic_id: UUID, path: Path) -> None:
    with database.transaction() as session, clinic_file.opened(path) as file:
        file.verify()
        clinic_import.bring_in(session, clinic_id, file.rows, {}, NOW)


def _peak(opened: tuple[Database, UUID], lines: Lines) -> int:
    database, clinic_id = opened
    tracemalloc.start()
    with database.reading() as session:
        for _ in lines(dossiers.of_clinic(session, clinic_id, None, None, NOW)):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _filled(path: Path, blocks: int) -> tuple[Database, UUID]:
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        clinic = clinics.create(session, name="Elm", telephone="1", timezone="UTC", now=NOW)
        protocol = protocols.keep(session, clinic.id, STANDARD, Criteria(), 240, NOW)
        for number in range(blocks):
            _add_block(session, clinic.id, protocol.id, number)
    return database, clinic.id


def _add_block(session: Session, clinic_id: UUID, protocol_id: UUID, number: int) -> None:
    patient, enrolment, device, block = (uuid4() for _ in range(4))
    t0 = NOW - timedelta(days=1 + number % 900)
    rows: list[tuple[type, dict[str, object]]] = [
        (Patient, {"id": patient, "reference": f"P-{number}", "language": "en"}),
        (Enrolment, {"id": enrolment, "patient_id": patient}),
        (Device, {"id": device, "enrolment_id": enrolment, "secret_hash": str(device),
                  "check_word": "rabbit", "user_agent": "", "seen_at": NOW}),
        (Block, {"id": block, "patient_id": patient, "protocol_id": protocol_id, "number": 1,
                 "region": "lumbar", "levels": "L4/5", "side": "left", "agent": "bupivacaine",
                 "sites": ["main"], "timezone": "UTC", "planned_on": t0.date(),
                 "performed_at": t0, "performed_at_source": "clinic"}),
    ]  # fmt: skip
    for table, values in rows:
        session.execute(insert(table).values(clinic_id=clinic_id, created_at=NOW, **values))
    session.execute(
        insert(DiaryEntry),
        [_entry(clinic_id, enrolment, device, block, t0, place) for place in range(ENTRIES)],
    )


def _entry(
    clinic_id: UUID, enrolment: UUID, device: UUID, block: UUID, t0: datetime, place: int
) -> dict[str, object]:
    felt_at = t0 + timedelta(minutes=60 * place - 20)
    entry_id = uuid4()
    stamp = felt_at.isoformat()
    content = {
        "type": "diary_entry",
        "id": str(entry_id),
        "block_id": str(block),
        "kind": "rating" if place else "baseline",
        "felt_at": stamp,
        "recorded_at": stamp,
        "utc_offset_minutes": 0,
        "zone": "UTC",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": stamp,
        "scores": {"main": (7, 1, 1, 2, 5)[place % 5]},
        "activities": ["walking"],
        "rescue_at": None,
        "note": None,
        "stated_percent": None,
        "answered_by": "patient",
        "unable_reason": None,
        "replaces": None,
    }
    return {
        "enrolment_id": enrolment,
        "id": entry_id,
        "clinic_id": clinic_id,
        "block_id": block,
        "device_id": device,
        "kind": content["kind"],
        "felt_at": felt_at,
        "recorded_at": felt_at,
        "content": content,
        "digest": str(entry_id),
        "sync_clock_difference_seconds": 0.0,
        "received_at": felt_at,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
