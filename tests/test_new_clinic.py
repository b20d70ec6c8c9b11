"""`block-diary create-clinic`: the first administrator of a real installation gets in."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server import create_app
from server.config import Config, StartRefused, load
from server.database import migrate
from server.domain.errors import Invalid
from server.new_clinic import create_clinic
from server.storage import clinics, models, protocols
from server.storage.db import Database
from tests.test_serve import settings
from tests.web.clinic.conftest import sign_in

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ELM = {
    "name": "Elm Pain Clinic",
    "telephone": "020 7946 0011",
    "timezone": "Europe/London",
    "email": "Ada@Elm.example",
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = load({"BLOCK_DIARY_DATA": str(tmp_path)}, default="development")
    migrate(made)
    return made


def test_the_administrator_signs_in_to_an_empty_board(config: Config) -> None:
    password = create_clinic(config, **ELM, now=NOW)
    app = create_app(config, clock=lambda: NOW)
    browser = app.test_client()
    assert sign_in(browser, "ada@elm.example", password).status_code == 302
    board = browser.get("/clinic/")
    assert board.status_code == 200
    assert "Elm Pain Clinic" in board.text
    assert browser.get("/clinic/enrol").text.count("Standard, version 1") == 1
    app.extensions["block_diary"].database.close()


def test_each_password_is_its_own_and_none_is_kept(config: Config) -> None:
    first = create_clinic(config, **ELM, now=NOW)
    second = create_clinic(config, **ELM | {"email": "bo@elm.example"}, now=NOW)
    assert first != second
    assert len(first) >= 20
    for file in config.data_dir.iterdir():
        assert first.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("name", " "),
        ("telephone", ""),
        ("timezone", "London"),
        ("timezone", "../../etc/passwd"),
        ("email", "ada"),
        ("email", ""),
    ],
)
def test_an_odd_answer_is_named_and_leaves_nothing(config: Config, option: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        create_clinic(config, **ELM | {option: value}, now=NOW)
    assert option in str(caught.value)
    assert clinics_of(config) == []


def test_an_address_signs_in_to_one_clinic_only(config: Config) -> None:
    create_clinic(config, **ELM, now=NOW)
    with pytest.raises(Invalid, match="already"):
        create_clinic(config, **ELM | {"email": "ADA@elm.example "}, now=NOW)
    assert len(clinics_of(config)) == 1


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    empty = load({"BLOCK_DIARY_DATA": str(tmp_path / "new")}, default="development")
    with pytest.raises(StartRefused, match="block-diary migrate"):
        create_clinic(empty, **ELM, now=NOW)


def test_each_clinic_has_the_standard_protocol(config: Config) -> None:
    create_clinic(config, **ELM, now=NOW)
    database = Database(config.database_url)
    with database.reading() as session:
        (clinic,) = clinics.all_of_them(session)
        assert [each.name for each in protocols.all_current(session, clinic.id)] == ["standard"]
    database.close()


def command(config: Config, **answers: str) -> "subprocess.CompletedProcess[str]":
    options = [part for name, value in (ELM | answers).items() for part in (f"--{name}", value)]
    return subprocess.run(
        [sys.executable, "-m", "server.cli", "create-clinic", *options],
        env=settings(config.data_dir, 8000),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_says_where_and_how_to_sign_in(config: Config) -> None:
    done = command(config)
    assert (done.returncode, done.stderr) == (0, "")
    where, password = done.stdout.splitlines()
    assert where == "Sign in at http://localhost:8000/clinic/ as ada@elm.example"
    assert password.startswith("Password, shown this once: ")


@pytest.mark.parametrize("answer", [{"timezone": "London"}, {"name": ""}, {"email": "ada"}])
def test_the_command_refuses_in_one_line(config: Config, answer: dict[str, str]) -> None:
    done = command(config, **answer)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def clinics_of(config: Config) -> list[models.Clinic]:
    database = Database(config.database_url)
    with database.reading() as session:
        found = clinics.all_of_them(session)
    database.close()
    return found
