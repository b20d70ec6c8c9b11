"""What every test may ask for: a migrated database on SQLite and on PostgreSQL, an app, a clock."""

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from flask import Flask

from server import create_app
from server.config import Config, load
from server.storage.db import Base, Database
from server.storage.migrate import migrate
from server.storage.vault import Vault
from server.web.context import Services
from tests.builders import PUBLIC_URL, SECRET_KEY, Phone, TestClock, World, new_world
from tests.compiled_templates import CompiledTemplates
from tests.rig.postgres import PostgresServer, running_postgres

DATABASES = ("sqlite", "postgresql")

_numbers = count(1)

#: In memory, as Linux has it.
MEMORY = Path("/dev/shm")
ROOMY_BYTES = 6 * 2**30


def pytest_configure() -> None:
    """What tests write lies in memory where there is room for it: a commit waits for its disk."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOMY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> None:
    """Every app of the run takes them from here."""
    Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Runs the test once on each kind of database."""
    return str(request.param)


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that was never migrated."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path}/empty-{next(_numbers)}.sqlite3"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database_url(f"empty_{next(_numbers)}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    migrate(postgres.database_url("template_migrated"))
    return "template_migrated"


@pytest.fixture
def new_database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Makes one more migrated, empty database and gives its address."""
    names = []

    def make() -> str:
        number = next(_numbers)
        if database_kind == "sqlite":
            path = tmp_path / f"diary-{number}.sqlite3"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        names.append(f"diary_{number}")
        template: str = request.getfixturevalue("postgres_template")
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.database_url(names[-1], template)

    yield make
    for name in names:
        request.getfixturevalue("postgres").drop(name)


@pytest.fixture(scope="session")
def shared_postgres(postgres: PostgresServer, postgres_template: str) -> Iterator[Database]:
    """A migrated PostgreSQL database that the tests use one after the other, open to empty it."""
    opened = Database(postgres.database_url("shared", postgres_template))
    yield opened
    opened.close()


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty database of each kind.

    PostgreSQL takes a while to copy a database, so all tests share one, emptied before each.
    """
    if database_kind == "sqlite":
        make: Callable[[], str] = request.getfixturevalue("new_database_url")
        return make()
    shared: Database = request.getfixturevalue("shared_postgres")
    with shared.engine.begin() as connection:
        connection.exec_driver_sql(empty_every_table())
    return shared.engine.url.render_as_string(hide_password=False)


def empty_every_table() -> str:
    """Deletes every row; as the superuser, since the audit trail lets nobody else delete."""
    tables = ";".join(f"DELETE FROM {table.name}" for table in Base.metadata.sorted_tables)
    return f"SET LOCAL session_replication_role = replica;{tables}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database of each kind, open."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def vault() -> Vault:
    """What the app of these tests seals and hashes with."""
    return Vault(SECRET_KEY)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """Development settings, on each kind of database."""
    settings = {
        "BLOCK_DIARY_DATA": str(tmp_path / "data"),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": PUBLIC_URL,
        "PUSH_EXTRA_HOSTS": "push.example.org",
    }
    return load(settings, default="development")


@pytest.fixture
def app(config: Config, clock: TestClock) -> Iterator[Flask]:
    """The real app on an empty database of each kind, with a clock that the test moves."""
    made = create_app(config, clock)
    yield made
    services: Services = made.extensions["block_diary"]
    services.database.close()


@pytest.fixture
def world(database: Database, vault: Vault) -> World:
    """A clinic with a patient, a block without a time, and an unused link and code."""
    with database.transaction() as session:
        return new_world(session, vault)


@pytest.fixture
def new_phone(app: Flask, clock: TestClock) -> Callable[[], Phone]:
    """Makes one more phone that nobody has enrolled yet."""
    return lambda: Phone(app, clock)


@pytest.fixture
def phone(new_phone: Callable[[], Phone], world: World) -> Phone:
    """The patient's phone, enrolled by the link."""
    enrolled = new_phone()
    response = enrolled.redeem(token=world.invited.token)
    assert response.status_code == 201, response.text
    return enrolled
