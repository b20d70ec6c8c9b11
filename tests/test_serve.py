"""One server per data folder and port; it stops when told, and leaves nothing behind."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.rig.ports import free_port
from tests.rig.postgres import PostgresServer

#: Generous: on a machine that does much else, too.
START_SECONDS = 60
STOP_SECONDS = 30


def settings(folder: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "BLOCK_DIARY_ENV": "development",
        "BLOCK_DIARY_DATA": str(folder),
        "PORT": str(port),
    }


@contextmanager
def command(
    folder: Path, port: int, name: str = "run", **environ: str
) -> Iterator[subprocess.Popen[str]]:
    """A process of the command; it is gone afterwards, also when the test failed meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-m", "server.cli", name],
        env={**settings(folder, port), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait_until(condition: bool, port: int) -> None:
    """Wait until the port answers, or no longer does."""
    until = time.monotonic() + START_SECONDS
    while answers(port) is not condition:
        assert time.monotonic() < until, f"after {START_SECONDS} s: answers is not {condition}"
        time.sleep(0.02)


@contextmanager
def serving(
    folder: Path, port: int, name: str = "run", **environ: str
) -> Iterator[subprocess.Popen[str]]:
    with command(folder, port, name, **environ) as process:
        try:
            wait_until(True, port)
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=START_SECONDS)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_when_told(tmp_path: Path, how: signal.Signals) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        process.send_signal(how)
        output, _ = process.communicate(timeout=STOP_SECONDS)

        assert process.returncode == 0
        assert f"http://localhost:{port}" in output
        assert "Traceback" not in output
        assert not answers(port)


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()):
        with command(tmp_path, free_port()) as second:
            output, _ = second.communicate(timeout=START_SECONDS)
        assert second.returncode == 1
        assert output.startswith(f"block-diary: BLOCK_DIARY_DATA is {tmp_path}: another server")
        assert output.count("\n") == 1


def test_a_reminder_loop_beside_a_server_on_sqlite_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()):
        with command(tmp_path, free_port(), "remind") as second:
            output, _ = second.communicate(timeout=START_SECONDS)
        assert second.returncode == 1
        assert output.startswith(f"block-diary: BLOCK_DIARY_DATA is {tmp_path}: another server")
        assert "SQLite allows one server with one reminder loop" in output
        assert output.count("\n") == 1


def test_servers_and_reminder_loops_share_a_postgresql(
    tmp_path: Path, postgres: PostgresServer, postgres_template: str
) -> None:
    url = postgres.database_url("served_together", postgres_template)
    environ = {"DATABASE_URL": url, "SECRET_KEY": "one secret key for all of these processes"}
    ports = [free_port(), free_port()]
    with ExitStack() as running:
        loops = [
            running.enter_context(command(tmp_path, ports[0], "remind", **environ))
            for _ in range(2)
        ]
        for port in ports:
            running.enter_context(serving(tmp_path, port, "serve", **environ))
        for each in loops:
            assert each.stdout is not None
            assert any("reminder_loop_started" in line for line in each.stdout)
            each.terminate()
            assert each.wait(START_SECONDS) == 0
    postgres.drop("served_together")


def test_a_second_server_on_the_same_port_is_refused(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path / "one", port):
        with command(tmp_path / "two", port) as second:
            output, _ = second.communicate(timeout=START_SECONDS)
        assert second.returncode == 1
        assert output.startswith(f"block-diary: PORT is {port}: ")
        assert output.count("\n") == 1
        assert not (tmp_path / "two" / "block-diary.sqlite3").exists()


def test_a_killed_server_leaves_neither_its_port_nor_its_data_taken(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        process.kill()
        process.wait(timeout=STOP_SECONDS)
        wait_until(False, port)

    with serving(tmp_path, port):
        assert answers(port)


def test_an_odd_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with command(tmp_path, 65536) as process:
        output, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    assert output == "block-diary: PORT is '65536': give a whole number from 1 to 65535\n"


def test_a_database_without_this_versions_tables_is_not_served(tmp_path: Path) -> None:
    with command(tmp_path, free_port(), "serve") as process:
        output, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    assert output.endswith("run block-diary migrate\n")
    assert output.count("\n") == 1


def test_a_newer_versions_database_is_left_alone(tmp_path: Path) -> None:
    with command(tmp_path, free_port(), "migrate") as process:
        assert process.communicate(timeout=START_SECONDS)[0] == "Database: made\n"
    with closing(sqlite3.connect(tmp_path / "block-diary.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'from-the-future'")

    for name in ("migrate", "run"):
        with command(tmp_path, free_port(), name) as process:
            output, _ = process.communicate(timeout=START_SECONDS)
        assert process.returncode == 1
        assert "a newer version of Block Diary made this database" in output
        assert output.count("\n") == 1


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    environ = settings(tmp_path, free_port())
    environ["DATABASE_URL"] = f"postgresql://diary:geheim@127.0.0.1:{free_port()}/diary"
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "run"], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("block-diary: DATABASE_URL: the database cannot be used (")
    assert done.stderr.count("\n") == 1
    assert "geheim" not in done.stderr + done.stdout


def test_what_a_serving_process_has_loaded_is_spared_by_the_garbage_collector(
    tmp_path: Path,
) -> None:
    with command(tmp_path, free_port(), "migrate") as migrating:
        assert migrating.wait(START_SECONDS) == 0
    counted = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gc; from server.serve import application; application();"
            " print(gc.get_freeze_count(), len(gc.get_objects()))",
        ],
        env=settings(tmp_path, free_port()),
        stdout=subprocess.PIPE,
        text=True,
        timeout=START_SECONDS,
        check=True,
    )
    spared, others = (int(number) for number in counted.stdout.split())
    assert spared > 10 * others
