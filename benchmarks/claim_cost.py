"""What a claim costs with 10 thousand, 1 million and 5 million reminders: `python -m benchmarks.claim_cost`.

Each table holds what the years left behind, a day of reminders that are still to come, and as many
that are due as are claimed. See benchmarks/README.md.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Insert, Text, case, cast, event, func, insert, literal, select, text
from sqlalchemy.orm import Session

from server.push.outbox import AHEAD, BATCH, LEASE
from server.storage import reminder_queue
from server.storage.columns import Instant
from server.storage.db import Database, open_engine
from server.storage.migrate import migrate
from server.storage.models import Block, Reminder
from server.storage.vault import Vault
from tests.push.crowd import add_crowd
from tests.rig.postgres import running_postgres

SIZES = (10_000, 1_000_000, 5_000_000)
DUE_AT = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
WINDOW = timedelta(minutes=10)
#: One row in so many is still to come; the others were sent long ago.
STILL_TO_COME = 10
CLAIMS = 40
KINDS = ("sqlite", "postgresql")
_PLAN_OPENS = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


@dataclass(frozen=True)
class Cost:
    """Of one claim of a full batch."""

    milliseconds: float  #: the median of several
    plan: str  #: the database's own, of the statement as it was sent


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    given = arguments.parse_args()
    print(table(measure(given.sizes, CLAIMS, given.kinds)))


def measure(
    sizes: Sequence[int], claims: int, kinds: Sequence[str] = KINDS
) -> dict[tuple[str, int], Cost]:
    """By kind of database and number of rows. The sizes take turns, so that all meet the same load
    of the machine."""
    costs = {}
    with tempfile.TemporaryDirectory() as kept, running_postgres() as postgres:
        for kind in kinds:
            opened = {}
            for size in sizes:
                sqlite = f"sqlite:///{Path(kept)}/{size}.sqlite3"
                url = sqlite if kind == "sqlite" else postgres.database_url(f"rows_{size}")
                opened[size] = _filled(url, size)
            seen: dict[int, list[float]] = {size: [] for size in sizes}
            for _ in range(claims):
                for size, database in opened.items():
                    seen[size].append(_claim_seconds(database))
            for size, database in opened.items():
                costs[kind, size] = Cost(median(seen[size]) * 1000, plan(database))
                database.close()
    return costs


def table(costs: dict[tuple[str, int], Cost]) -> str:
    """As text: a claim's cost, beside that with the fewest rows, then the plans."""
    lines = [f"{'one claim of ' + str(BATCH):22}{'rows':>11}{'ms':>8}{'x fewest':>10}"]
    fewest: dict[str, float] = {}
    for (kind, size), cost in costs.items():
        least = fewest.setdefault(kind, cost.milliseconds)
        ratio = cost.milliseconds / least
        lines.append(f"{kind:22}{size:11,}{cost.milliseconds:8.2f}{ratio:10.2f}")
    for (kind, size), cost in costs.items():
        lines += ["", f"{kind}, {size:,} rows:", cost.plan]
    return "\n".join(lines)


def plan(database: Database) -> str:
    """How the database finds what is due, by its own account of the very statement of a claim."""
    with database.transaction() as session, _explained(session) as found:
        reminder_queue.claim_due(session, DUE_AT, BATCH, LEASE, AHEAD)
        session.rollback()
    return "\n".join(found)


@contextmanager
def _explained(session: Session) -> Iterator[list[str]]:
    """Collects the plan of the first statement that is sent."""
    connection = session.connection()
    found: list[str] = []

    def explain(_: object, cursor: object, statement: str, parameters: object, *__: object) -> None:
        if not found:
            raw = connection.connection.cursor()
            raw.execute(_PLAN_OPENS[connection.dialect.name] + statement, parameters)
            found.extend("  " + str(row[-1]) for row in raw.fetchall())

    event.listen(connection, "before_cursor_execute", explain)
    yield found


def _claim_seconds(database: Database) -> float:
    """One claim, rolled back, so that the next finds the same."""
    with database.transaction() as session:
        started = time.perf_counter()
        claim = reminder_queue.claim_due(session, DUE_AT, BATCH, LEASE, AHEAD)
        seconds = time.perf_counter() - started
        assert len(claim.reminders) == BATCH
        session.rollback()
    return seconds


def _filled(url: str, rows: int) -> Database:
    """A database with so many reminders, of which a batch is due at DUE_AT."""
    migrate(url)
    database = Database(url)
    vault = Vault("of a benchmark, never used")
    with database.transaction() as session:
        closes_at = DUE_AT + WINDOW
        add_crowd(session, vault, "https://push.example", BATCH, DUE_AT, closes_at)
        block = session.scalars(select(Block).limit(1)).one()
    engine = open_engine(url, foreign_keys=False)  # to check them would take for ever
    with engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(_others(block, rows - BATCH, database.is_sqlite))
    engine.dispose()
    with database.engine.connect() as connection:
        maintained = connection.execution_options(isolation_level="AUTOCOMMIT")
        maintained.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE reminder"))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Reminder)) == rows
    return database


def _others(block: Block, rows: int, is_sqlite: bool) -> Insert:
    """Made by the database itself: sent ones, and one in `STILL_TO_COME` that is due tomorrow."""
    number: Any = func.generate_series(1, rows).column_valued("number")
    if is_sqlite:
        counting = select(literal(1).label("value")).cte("counting", recursive=True)
        counting = counting.union_all(select(counting.c.value + 1).where(counting.c.value < rows))
        number = counting.c.value
        new_id = func.printf("%032x", number)
    else:
        new_id = func.gen_random_uuid()
    to_come = number % STILL_TO_COME == 0
    tomorrow, past = literal(DUE_AT + timedelta(days=1), Instant), literal(DUE_AT - WINDOW, Instant)
    values = {
        Reminder.id: new_id,
        Reminder.clinic_id: literal(block.clinic_id),
        Reminder.block_id: literal(block.id),
        Reminder.assessment_id: cast(number, Text),
        Reminder.attempt: literal("prompt"),
        Reminder.due_at: case((to_come, tomorrow), else_=past),
        Reminder.closes_at: case((to_come, tomorrow), else_=past),
        Reminder.state: case((to_come, "planned"), else_="sent"),
        Reminder.next_try_at: case((to_come, tomorrow)),
        Reminder.sent_at: case((to_come, None), else_=past),
    }
    return insert(Reminder).from_select(
        [each.key for each in values], select(*values.values()), include_defaults=False
    )


if __name__ == "__main__":
    main()
