"""The tests' own PostgreSQL: quick, private, and gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.rig.postgres import PostgresServer, running_postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as running:
        yield running


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_two_databases_do_not_see_each_other(server: PostgresServer) -> None:
    first, second = server.database_url("first"), server.database_url("second")
    run(first, "CREATE TABLE block (id integer)")
    assert run(second, "SELECT to_regclass('block')") == [(None,)]
    assert run(first, "SELECT to_regclass('block')::text") == [("block",)]


def test_a_copy_starts_with_the_templates_rows_and_leaves_them_alone(
    server: PostgresServer,
) -> None:
    template = server.database_url("template")
    run(template, "CREATE TABLE block (id integer)")
    run(template, "INSERT INTO block VALUES (1)")
    copy = server.database_url("copy", template="template")
    run(copy, "INSERT INTO block VALUES (2)")
    assert run(copy, "SELECT id FROM block ORDER BY id") == [(1,), (2,)]
    assert run(template, "SELECT id FROM block") == [(1,)]


def test_asking_again_for_a_database_empties_it_even_while_it_is_in_use(
    server: PostgresServer,
) -> None:
    engine = create_engine(server.database_url("again"))
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE block (id integer)"))
        connection.commit()
        assert run(server.database_url("again"), "SELECT to_regclass('block')") == [(None,)]
        connection.invalidate()
    engine.dispose()


def test_the_server_keeps_accents_and_arabic(server: PostgresServer) -> None:
    assert run(server.database_url("letters"), "SELECT 'é ألم'") == [("é ألم",)]


def test_a_stopped_server_leaves_no_process_and_no_file() -> None:
    with running_postgres() as server:
        folder = Path(server.url("postgres").partition("host=")[2])
        assert folder.exists() and not gone(server.pid)
    assert gone(server.pid)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_test_run_leaves_no_process_and_no_file(number: signal.Signals) -> None:
    script = """if True:
        import time
        from tests.rig.postgres import running_postgres
        with running_postgres() as server:
            print(server.pid, server.url("postgres").partition("host=")[2], flush=True)
            time.sleep(60)
    """
    killed = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert killed.stdout is not None
    pid, folder = killed.stdout.readline().split()
    killed.send_signal(number)
    killed.communicate()
    assert wait_for(lambda: gone(int(pid)))
    assert wait_for(lambda: not Path(folder).exists())
