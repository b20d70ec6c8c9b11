"""The clinic's pages and files with 100 blocks and with 100,000: `python -m benchmarks.size`.

See benchmarks/README.md.
"""

import argparse
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles

from benchmarks.installation import NOW, NURSE, Installation, fill, new_entries
from server import create_app
from server.config import load
from server.domain.dossier import Dossier
from server.interchange.csv_export import blocks_csv, diary_csv
from server.serve import spare_the_collector
from server.storage import dossiers
from server.storage.db import Database
from tests.builders import SECRET_KEY
from tests.rig.postgres import PostgresServer, running_postgres
from tests.web.clinic.conftest import ClockInHand, Staff

#: Blocks, and how many there are each working day. Diaries run for three days after the block, so
#: that four days of blocks are on the board: all of the yardstick's, and all of the second's, whose
#: board is that of the large installation without the years before.
SIZES = ((100, 25), (1_200, 300), (100_000, 300))
KINDS = ("sqlite", "postgresql")
LOOKS = 100
ROUNDS = 3
#: The board refreshes itself every 20 seconds; as many patients rate their pain meanwhile.
REFRESH = timedelta(seconds=20)
RATED = 3
FILES = {"blocks.csv": blocks_csv, "diary.csv": diary_csv}
#: The memory that a file takes is compared with what it had taken after so many blocks.
BEGUN = 1_000
FILE_SECONDS = 7_200


@dataclass(frozen=True)
class Times:
    """Of one page, in milliseconds on the server; `rows`: blocks that the board counts, and 1."""

    p50: float
    p95: float
    rows: int


@dataclass(frozen=True)
class Measured:
    """Of one installation: the times by page, and by file the most memory in MB that a process
    held which wrote it: after `BEGUN` blocks, and in the end."""

    filled: Installation
    times: dict[str, Times]
    first_look: float  #: at the board, in milliseconds: every diary is read
    peaks: dict[str, tuple[float, float]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--blocks", type=int, default=SIZES[-1][0])
    arguments.add_argument("--looks", type=int, default=LOOKS)
    arguments.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    arguments.add_argument("--pages-only", action="store_true", help="write no files")
    given = arguments.parse_args()
    files = [] if given.pages_only else list(FILES)
    sizes = (*SIZES[:-1], (given.blocks, SIZES[-1][1]))
    print(f"Others on this machine: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with running_postgres() as postgres:
        for kind in given.kinds:
            print(
                f"\n{kind}\n{table(measure(kind, postgres, sizes, given.looks, files))}", flush=True
            )


def measure(
    kind: str,
    postgres: PostgresServer,
    sizes: Sequence[tuple[int, int]],
    looks: int,
    files: Sequence[str],
) -> list[Measured]:
    """The installations take turns, so that all meet the same load of the machine."""
    with tempfile.TemporaryDirectory() as folder:
        urls = [
            f"sqlite:///{folder}/{blocks}.sqlite3"
            if kind == "sqlite"
            else postgres.database_url(f"size_{blocks}")
            for blocks, _ in sizes
        ]
        filled = [fill(url, *size) for url, size in zip(urls, sizes, strict=True)]
        clinics = [_Clinic(each, Path(folder)) for each in filled]
        pages: dict[str, Callable[[_Clinic], str]] = {
            "board": _Clinic.board,
            "report": _Clinic.report,
        }
        seen: list[dict[str, list[list[float]]]] = [{page: [] for page in pages} for _ in clinics]
        for _ in range(ROUNDS):
            for page, path in pages.items():
                times: list[list[float]] = [[] for _ in clinics]
                for _ in range(looks):
                    for clinic, its in zip(clinics, times, strict=True):
                        clinic.lives()
                        its.append(_milliseconds(clinic, path))
                for each, its in zip(seen, times, strict=True):
                    each[page].append(its)
        made = [
            Measured(
                clinic.filled,
                {
                    page: _times(rounds, clinic.on_board if page == "board" else 1)
                    for page, rounds in each.items()
                },
                clinic.first_look,
                {name: _alone(peak, clinic.filled, name) for name in files},
            )
            for clinic, each in zip(clinics, seen, strict=True)
        ]
        for clinic in clinics:
            clinic.close()
        return made


def table(measured: Sequence[Measured]) -> str:
    """As text: each page beside that of the first, the yardstick, and of the last but one."""
    yardstick, same_board = measured[0], measured[-2]
    lines = [
        f"{'server time':12}{'blocks':>9}{'entries':>11}{'on board':>10}{'p50 ms':>9}{'p95 ms':>9}"
        f"{'p95 ratio':>11}{'for a row':>11}{'same board':>12}"
    ]
    for each in measured:
        for page, its in each.times.items():
            least = yardstick.times[page]
            ratio = its.p95 / least.p95
            lines.append(
                f"{page:12}{each.filled.blocks:9,}{each.filled.entries:11,}{its.rows:10,}"
                f"{its.p50:9.1f}{its.p95:9.1f}{ratio:11.2f}{ratio * least.rows / its.rows:11.2f}"
                f"{its.p95 / same_board.times[page].p95:12.2f}"
            )
    for each in measured:
        lines.append(
            f"the board's first look after a start, {each.filled.blocks:,} blocks:"
            f" {each.first_look:.0f} ms"
        )
        for name, (begun, end) in each.peaks.items():
            lines.append(
                f"{name} of {each.filled.blocks:,} blocks: at most {end:.0f} MB,"
                f" {end / begun:.2f} times what it was after {BEGUN:,}"
            )
    return "\n".join(lines)


class _Clinic:
    """An installation that is served in this process, and a clinician who is signed in there."""

    def __init__(self, filled: Installation, folder: Path) -> None:
        self.filled = filled
        self._clock = ClockInHand(NOW)
        settings = {
            "BLOCK_DIARY_DATA": str(folder / str(filled.blocks)),
            "DATABASE_URL": filled.url,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": "http://localhost",
        }
        app = create_app(load(settings, default="development"), self._clock)
        spare_the_collector()  # as every serving process does
        self._database: Database = app.extensions["block_diary"].database
        self._clinician = Staff(app.test_client(), NURSE, self._clock)
        self._clinician.be_signed_in()
        started = time.perf_counter()
        page = self.get("/clinic/?sort=time")
        self.first_look = (time.perf_counter() - started) * 1000
        self._blocks = re.findall(r'"/clinic/blocks/([0-9a-f-]{36})"', page)
        self.on_board = int(re.findall(r'>All <span class="quiet">(\d+)<', page)[0])
        self._looks = 0

    def get(self, path: str) -> str:
        answer = self._clinician.client.get(path, buffered=True)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def board(self) -> str:
        return "/clinic/"

    def report(self) -> str:
        self._looks += 1
        return f"/clinic/blocks/{self._blocks[self._looks % len(self._blocks)]}"

    def lives(self) -> None:
        """A refresh later, some patients have rated their pain."""
        self._clock.forward(seconds=REFRESH.total_seconds())
        with self._database.transaction() as session:
            new_entries(session, self.filled.clinic_id, RATED, self._clock.now)

    def close(self) -> None:
        self._database.close()


def peak(filled: Installation, name: str) -> tuple[float, float]:
    """The most memory of this process, in MB, as it writes a file: after `BEGUN` blocks, and in
    the end."""
    database = Database(filled.url)
    begun = 0.0
    with database.reading() as session:
        found = dossiers.of_clinic(session, filled.clinic_id, None, None, NOW)

        def noted() -> Iterator[Dossier]:
            nonlocal begun
            for number, dossier in enumerate(found):
                if number == BEGUN:
                    begun = _most_memory()
                yield dossier

        for _ in FILES[name](noted()):
            pass
    database.close()
    end = _most_memory()
    return begun or end, end


def _alone(
    work: Callable[[Installation, str], tuple[float, float]], filled: Installation, name: str
) -> tuple[float, float]:
    """In a process of its own, so that nothing else is counted."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, filled, name).result(FILE_SECONDS)


def _most_memory() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _milliseconds(clinic: _Clinic, page: Callable[[_Clinic], str]) -> float:
    path = page(clinic)
    started = time.perf_counter()
    clinic.get(path)
    return (time.perf_counter() - started) * 1000


def _times(rounds: Sequence[list[float]], rows: int) -> Times:
    """The median of the rounds' own."""
    return Times(
        p50=median(median(its) for its in rounds),
        p95=median(quantiles(its, n=20, method="inclusive")[-1] for its in rounds),
        rows=rows,
    )


if __name__ == "__main__":
    main()
