"""Everything that a clinic holds leaves as a file and is the same clinic at another installation."""

import gc
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from shutil import copy
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select

from server import create_app
from server.cli import main
from server.interchange import clinic_file
from server.interchange.csv_export import blocks_csv, diary_csv
from server.interchange.fhir.bundle import bundle
from server.storage import (
    audit,
    audit_check,
    clinic_export,
    clinic_import,
    clinic_tables,
    dossiers,
    email_reminders,
    models,
    protocols,
    second_factors,
    staff,
    staff_access,
    subscriptions,
)
from server.storage.db import Base, Database
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import Vault
from tests.builders import NOON, new_clinic, new_member
from tests.rig.postgres import PostgresServer
from tests.web.clinic.conftest import SQLITE, Staff, World
from tests.web.clinic.test_email_reminders import SMTP
from tests.web.clinic.whole_clinic import Whole, whole_clinic

_numbers = count(1)
KEY = "the key of the other installation, tests only"
#: As they are where the clinic comes from; what no longer works elsewhere.
CHANGED = {
    "device": {"revoked_at"},
    "subscription": {"retired_at", "retired_because"},
    "reminder": {"leased_until"},
}

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def whole(world: World) -> Whole:
    return whole_clinic(world)


@pytest.fixture
def elsewhere(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Database]:
    """Another installation, on the other kind of database, where the commands find it."""
    if database_kind == "postgresql":
        copy(request.getfixturevalue("sqlite_template"), tmp_path / "elsewhere.sqlite3")
        url = f"sqlite:///{tmp_path}/elsewhere.sqlite3"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        template = request.getfixturevalue("postgres_template")
        url = server.database_url(name := f"elsewhere_{next(_numbers)}", template)
    use(monkeypatch, tmp_path, url, KEY)
    opened = Database(url)
    yield opened
    opened.close()
    if database_kind == "sqlite":
        server.drop(name)


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, key: str) -> None:
    """Have the commands work on this database."""
    environ = {
        "BLOCK_DIARY_ENV": "development",
        "BLOCK_DIARY_DATA": str(folder / "elsewhere"),
        "DATABASE_URL": url,
        "SECRET_KEY": key,
        "PUBLIC_URL": "http://localhost:8000",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def rows_in(path: Path) -> Rows:
    with zipfile.ZipFile(path) as archive:
        return {
            name.removesuffix(".jsonl"): [json.loads(line) for line in archive.open(name)]
            for name in archive.namelist()
            if name != "manifest.json"
        }


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return found


def altered(path: Path, change: Callable[[str, bytes], bytes], forge: bool = True) -> Path:
    """A copy in which members were changed; forged, its manifest is made to fit them."""
    made = path.with_name(f"altered-{next(_numbers)}.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        for member in manifest["members"]:
            name = f"{member['table']}.jsonl"
            data = change(name, old.read(name))
            new.writestr(name, data)
            if forge:
                member["bytes"], member["rows"] = len(data), data.count(b"\n")
                member["sha256"] = sha256(data).hexdigest()
        new.writestr("manifest.json", change("manifest.json", json.dumps(manifest).encode()))
    return made


def size(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def told(database: Database, clinic_id: UUID, world: World) -> tuple[str, ...]:
    """What the clinic reads of its blocks: both CSV files and each FHIR Bundle."""
    with database.reading() as session:
        found = list(dossiers.of_clinic(session, clinic_id, None, None, world.clock.now))
    assert found
    bundles = [json.dumps(bundle(each, "https://one.example/fhir")) for each in found]
    return "".join(blocks_csv(found)), "".join(diary_csv(found)), *bundles


def test_every_table_goes_along_or_says_why_not() -> None:
    """A table that is added later is found, and a column that looks like a secret is asked about."""
    along = clinic_tables.of_clinic(uuid4())
    names = {each.name for each in along}
    assert names | clinic_tables.LEFT_TABLES.keys() == Base.metadata.tables.keys()
    assert names.isdisjoint(clinic_tables.LEFT_TABLES)
    for table, columns in clinic_tables.LEFT_COLUMNS.items():
        assert columns.keys() <= set(Base.metadata.tables[table].c.keys()), table
    secret = re.compile(
        r"secret|token|password|sealed|_hash|recovery|credential|key|uniquifier|handle"
    )
    taken = {f"{each.name}.{column.name}" for each in along for column in each.columns}
    assert {each for each in taken if secret.search(each)} == set()


def test_it_is_the_same_clinic_elsewhere(
    world: World,
    whole: Whole,
    elsewhere: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = whole.save(tmp_path / "clinic.zip")
    before = rows_in(file)
    assert [name for name, rows in before.items() if not rows] == [], "nothing is proven of these"
    assert before["audit_event"][-1]["action"] == "clinic.exported"
    assert main(["import-clinic", str(file)]) == 0
    said = capsys.readouterr().out
    assert main(["verify-audit"]) == 0
    assert "right   Elm Pain Clinic" in capsys.readouterr().out
    assert main(["export-clinic", "Elm Pain Clinic", str(tmp_path / "again.zip")]) == 0
    after = rows_in(tmp_path / "again.zip")
    seal = after.pop("audit_chain")[0]["number"], before.pop("audit_chain")[0]["number"]
    trail, there = before.pop("audit_event"), after.pop("audit_event")
    assert there[: len(trail)] == trail and seal == (len(there), len(trail))
    assert [row["action"] for row in there[len(trail) :]] == [
        "clinic.imported",
        "staff.link_made",
        "clinic.exported",
    ]
    for name, changed in CHANGED.items():
        for row in before[name] + after[name]:
            for column in changed:
                del row[column]
    assert after == before
    assert told(elsewhere, world.clinic.id, world) == told(world.database, world.clinic.id, world)
    # The administrator gets in by the printed link, and nobody by what worked before.
    token = re.search(r"administrator@elm\.example: http://localhost:8000/clinic/join#(\S+)", said)
    assert token, said
    with elsewhere.transaction() as session:
        password = "velvet gravel onion lamp"
        member = staff_access.redeem(session, Vault(KEY), token[1], password, world.clock.now)
        assert member.role == "administrator"
        others = [each for each in staff.members(session, world.clinic.id) if each.id != member.id]
        assert others and not any(each.password for each in others)
        assert not any(second_factors.has_one(each) for each in others)


@SQLITE
def test_nothing_of_another_clinic_and_no_secret_is_in_the_file(
    world: World, whole: Whole, tmp_path: Path
) -> None:
    with world.database.transaction() as session:
        oak = session.query(models.Clinic).filter(models.Clinic.name.startswith("Oak")).one()
        protocol = str(protocols.all_current(session, oak.id)[0].id)
    world.stranger.enrol(protocol=protocol, reference="OAK-77")
    file = whole.save(tmp_path / "clinic.zip")
    with zipfile.ZipFile(file) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    with world.database.reading() as session:
        theirs = {str(oak.id), "OAK-77", "oscar@oak.example", protocol}
        for table in clinic_tables.of_clinic(oak.id):
            for key in table.table.primary_key:
                if key.name == "id" and key.type.python_type is UUID:
                    theirs |= {str(each) for each in session.scalars(select(key).where(table.mine))}
    assert len(theirs) > 6
    assert "fröhlich".encode() in everything and b"P-1001" in everything
    assert [each for each in theirs if each.encode() in everything] == []
    assert len(whole.secrets) > 20
    assert [name for name, text in whole.secrets.items() if text.encode() in everything] == []
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    assert "staff_member.password" in manifest_of(file)["left_behind"]


def test_staff_whose_number_is_taken_keep_their_name_beside_what_they_did(
    world: World,
    whole: Whole,
    elsewhere: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = whole.save(tmp_path / "clinic.zip")
    numbers = [row["id"] for row in rows_in(file)["staff_member"]]
    with elsewhere.transaction() as session:
        ash = new_clinic(session, "Ash")
        first = {"name": "Abe", "email": "abe@ash.example", "active": True, "fs_uniquifier": "1"}
        session.execute(insert(staff.User).values(id=numbers[0] - 1, clinic_id=ash.id, **first))
        # Each number is somebody else's here, and Nora signs in at this clinic too.
        for number in range(numbers[0], numbers[-1] + 1):
            name = "nora@elm" if number == numbers[0] else f"a{number}@ash"
            taken = new_member(session, ash.id, f"{name}.example", "administrator")
            assert taken.id == number
    assert main(["import-clinic", str(file)]) == 0
    with world.database.reading() as session:
        before = staff.trail_names(session, world.clinic.id)
    with elsewhere.reading() as session:
        people = {each.name: each for each in staff.members(session, world.clinic.id)}
        after = staff.trail_names(session, world.clinic.id)
        known = staff.names(session, world.clinic.id, range(1, 1000))
    assert {key: after[key] for key in before} == before
    assert min(each.id for each in people.values()) > 900
    assert not people["Nora"].active and people["Nora"].email.endswith(".invalid")
    assert people["Administrator"].active
    assert set(known.values()) == set(people)
    assert told(elsewhere, world.clinic.id, world) == told(world.database, world.clinic.id, world)
    with elsewhere.transaction() as session:
        newest = new_member(session, ash.id, "new@ash.example", "nurse")
    assert newest.id > max(each.id for each in people.values())
    capsys.readouterr()
    assert main(["export-clinic", str(world.clinic.id), str(tmp_path / "on.zip")]) == 0
    former = {row["number"] for row in rows_in(tmp_path / "on.zip")["former_staff_number"]}
    assert former == {900, *numbers}


@SQLITE
def test_a_diary_that_runs_goes_on_once_a_phone_is_linked_anew(
    world: World, whole: Whole, elsewhere: Database, tmp_path: Path
) -> None:
    assert main(["import-clinic", str(whole.save(tmp_path / "clinic.zip"))]) == 0
    with world.database.reading() as session:
        planned = session.query(models.Reminder).filter_by(state="planned").count()
    assert planned > 3
    vault, now = Vault(KEY), world.clock.now
    with elsewhere.transaction() as session:
        patient = session.query(models.Patient).one()
        assert subscriptions.live(session, world.clinic.id, patient.id) == []
        assert all(row.revoked_at for row in session.query(models.Device))
        assert all(row.retired_at for row in session.query(models.Subscription))
        assert session.query(models.Reminder).filter_by(state="planned").count() == planned
        enrolment = session.query(models.Enrolment).one()
        device = models.Device(
            clinic_id=world.clinic.id,
            enrolment_id=enrolment.id,
            secret_hash="new",
            check_word="tree",
            user_agent="",
            created_at=now,
            seen_at=now,
        )
        session.add(device)
        session.flush()
        browser = BrowserSubscription("https://push.example/new", "p", "a")
        subscriptions.upsert(session, vault, device, browser, "https://push.example", now)
        rows = session.query(models.Reminder).filter_by(state="planned").all()
        to_come = [row for row in rows if row.closes_at > now]
        assert to_come and all(row.next_try_at is not None for row in to_come)


@pytest.mark.parametrize("stopped", [False, True])
def test_an_e_mail_address_goes_along_and_nothing_is_sent_there_until_staff_say_so(
    world: World,
    whole: Whole,
    elsewhere: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    stopped: bool,
) -> None:
    here: Vault = world.app.extensions["block_diary"].vault
    token = whole.secrets["token that stops e-mails"]
    if stopped:
        with world.database.transaction() as session:
            email_reminders.stop(session, here, token, world.clock.now)
    assert main(["import-clinic", str(whole.save(tmp_path / "clinic.zip"))]) == 0
    said = capsys.readouterr().out
    assert "Export, Other systems: webhook hub.example\n" in said
    assert "Export, Other systems: R\n" in said
    with elsewhere.reading() as session:
        row = session.query(models.Subscription).filter_by(push_service="email").one()
        block_id = session.query(models.Block).one().id
        assert subscriptions.live_email(session, world.clinic.id, row.email_of) is None
    mailbox = email_reminders.Mailbox.from_json(Vault(KEY).open(row.sealed))
    assert mailbox.address == "jo@mailbox.example" and mailbox.stop_token != token
    config = world.app.extensions["block_diary"].config
    url = elsewhere.engine.url.render_as_string(hide_password=False)
    app = create_app(replace(config, database_url=url, secret_key=KEY, smtp=SMTP), world.clock)
    nurse, page = Staff(app.test_client(), world.nurse.email), f"/clinic/blocks/{block_id}"
    if stopped:
        assert "stopped by the patient" in nurse.get(page).text
        assert nurse.post(f"{page}/email/again").status_code == 404
    else:
        assert "off since your clinic moved, j***@mailbox.example" in nurse.get(page).text
        assert nurse.post(f"{page}/email/again").status_code == 303
        assert "on for j***@mailbox.example" in nurse.get(page).text
        assert nurse.post(f"{page}/email/again").status_code == 404
    app.extensions["block_diary"].database.close()


@SQLITE
def test_what_does_not_fit_is_refused_and_nothing_is_left(
    world: World,
    whole: Whole,
    elsewhere: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = whole.save(tmp_path / "clinic.zip")
    with elsewhere.transaction() as session:
        ash = new_clinic(session, "Ash")
        stranger = models.Patient(clinic_id=ash.id, reference="A-1", created_at=world.clock.now)
        session.add(stranger)
        # The clinic's only administrator signs in at another clinic here.
        new_member(session, ash.id, "administrator@elm.example", "nurse")
    before = size(elsewhere)

    def swap(name: str, old: str, new: str, times: int = 1) -> Callable[[str, bytes], bytes]:
        def change(member: str, data: bytes) -> bytes:
            if member != name:
                return data
            assert old.encode() in data, (name, old)
            return data.replace(old.encode(), new.encode(), times)

        return change

    patient_id = rows_in(file)["patient"][0]["id"]
    text = tmp_path / "notes.txt"
    text.write_text("no ZIP")
    half = tmp_path / "half.zip"
    half.write_bytes(file.read_bytes()[:-200])
    broken = tmp_path / "broken.zip"
    data = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        data[archive.getinfo("diary_entry.jsonl").header_offset + 100] ^= 0xFF
    broken.write_bytes(data)
    entry = swap("diary_entry.jsonl", '"main":2', '"main":0')
    for given, says in [
        (tmp_path / "none.zip", "cannot be read"),
        (text, "not one that block-diary export-clinic made"),
        (half, "not one that block-diary export-clinic made"),
        (broken, "damaged or was altered"),
        (altered(file, entry, forge=False), "diary_entry.jsonl is not what was written"),
        (altered(file, swap("manifest.json", '"format_version": 2', '"format_version": 3')),
         "version 3 of its format"),
        (altered(file, swap("manifest.json", '"revision": "0', '"revision": "9')),
         "bring both to the same version"),
        (altered(file, swap("manifest.json", '"app_version"', '"app"')), "not complete"),
        (altered(file, swap("audit_event.jsonl", "staff.added", "staff.gone")),
         "the audit trail is not whole: row 1 is not what was written"),
        (altered(file, swap("diary_entry.jsonl", str(world.clinic.id), str(ash.id))),
         "diary_entry.jsonl, line 1: clinic_id: is another clinic's"),
        (altered(file, swap("block.jsonl", patient_id, str(stranger.id))),
         "patient_id leads to another clinic"),
        (altered(file, swap("block.jsonl", patient_id, str(uuid4()))), "leads nowhere"),
        (altered(file, swap("patient.jsonl", patient_id, str(stranger.id))), "taken here"),
        (altered(file, swap("patient.jsonl", '"reference"', '"referenc"')), "columns"),
        (altered(file, swap("patient.jsonl", '"created_at":"2026', '"created_at":"x')),
         "patient.jsonl, line 1: created_at"),
        (altered(file, swap("subscription.jsonl", "mailbox.example", "a.example\\nBcc:b@c.example")),
         "email_address: is not a patient's e-mail address"),
        (altered(file, swap("subscription.jsonl", '"email_address":null', '"email_address":"a@b.example"')),
         "email_address: is not a patient's e-mail address"),
        (altered(file, swap("roles_users.jsonl", '"administrator"', '"owner"')), "role"),
        (altered(file, swap("patient.jsonl", "{", "[")), "line 1: is not a row"),
    ]:  # fmt: skip
        assert main(["import-clinic", str(given)]) == 2, says
        said = capsys.readouterr()
        assert says in said.err and said.out == "" and said.err.count("\n") == 1, said.err
    for options, says in [
        ([], "--administrator: is needed"),
        (["--administrator", "eve"], "is not an email address"),
        (["--administrator", "clinician@elm.example"], "signs in with this address already"),
    ]:
        assert main(["import-clinic", str(file), *options]) == 2
        assert says in capsys.readouterr().err
    assert size(elsewhere) == before
    assert main(["import-clinic", str(file), "--administrator", "eve@elm.example"]) == 0
    links = re.findall(r"(\S+): http://localhost:8000/clinic/join#\S+", capsys.readouterr().out)
    assert links == ["eve@elm.example"]
    after = size(elsewhere)
    assert main(["import-clinic", str(file)]) == 2
    assert "here already" in capsys.readouterr().err
    assert size(elsewhere) == after


@SQLITE
def test_the_command_names_the_clinics_and_writes_over_nothing(
    world: World,
    whole: Whole,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services = world.app.extensions["block_diary"]
    use(monkeypatch, tmp_path, services.config.database_url, services.config.secret_key)
    file = tmp_path / "clinic.zip"
    assert main(["export-clinic", "Elms", str(file)]) == 2
    assert "Elm Pain Clinic (" in capsys.readouterr().err and not file.exists()
    assert main(["export-clinic", str(world.clinic.id), str(file)]) == 0
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    assert main(["export-clinic", "Elm Pain Clinic", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err and file.read_bytes() == before
    with world.database.transaction() as session:
        new_clinic(session, "Elm Pain Clinic")
    assert main(["export-clinic", "Elm Pain Clinic", str(tmp_path / "b.zip")]) == 2
    assert "give the id" in capsys.readouterr().err


@SQLITE
def test_it_is_saved_only_a_short_while_after_signing_in(world: World, whole: Whole) -> None:
    assert "Save everything" in whole.administrator.get("/clinic/keeping").text
    world.clock.forward(minutes=16)
    page = whole.administrator.client.get("/clinic/keeping").text
    assert "Save everything" not in page and "then you have 15 minutes" in page
    answer = whole.administrator.client.get("/clinic/keeping/clinic.zip")
    assert answer.status_code == 409 and "Sign out and in again" in answer.text


@SQLITE
def test_five_times_as_much_takes_no_more_memory(
    new_database_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (clinic_export, clinic_import, audit_check):
        monkeypatch.setattr(module, "AT_ONCE", 20)
    few, many = (_peaks(new_database_url, tmp_path, rows) for rows in (60, 300))
    assert many[0] <= 1.2 * few[0] and many[1] <= 1.2 * few[1], (few, many)


def _peaks(new_database_url: Callable[[], str], folder: Path, rows: int) -> tuple[int, int]:
    """The most bytes at once, out and in, of a clinic with so many rows of four kilobytes."""
    here, there = Database(new_database_url()), Database(new_database_url())
    with here.transaction() as session:
        clinic_id = new_clinic(session).id
        for number in range(rows):
            details = {"text": f"{number} " * 1000}
            audit.record(session, clinic_id, audit.SYSTEM, "a.b", "c:d", details, NOON)
    path, peaks = folder / f"{rows}.zip", []
    for work in (_write_out, _bring_in):
        gc.collect()
        tracemalloc.start()
        work(here if work is _write_out else there, clinic_id, path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    with there.reading() as session:
        assert audit_check.check(session, clinic_id).rows == rows + 1
    here.close()
    there.close()
    return peaks[0], peaks[1]


def _write_out(database: Database, clinic_id: UUID, path: Path) -> None:
    with database.reading() as session, path.open("wb") as file:
        head = clinic_export.head(session, clinic_id, NOON)
        rows = clinic_export.tables(session, Vault(KEY), clinic_id)
        for piece in clinic_file.written(head, rows, NOON):
            file.write(piece)


def _bring_in(database: Database, clinic_id: UUID, path: Path) -> None:
    with database.transaction() as session, clinic_file.opened(path) as file:
        file.verify()
        clinic_import.bring_in(session, Vault(KEY), clinic_id, file.rows, {}, NOON)
