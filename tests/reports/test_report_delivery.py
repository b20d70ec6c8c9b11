"""Finished reports reach a real HTTP server, whatever it does, each version once as far as it shows."""

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.config import Config
from server.domain.report_targets import Kind
from server.push.command import remind, remind_once
from server.push.report_delivery import ReportDelivery, run, run_once
from server.storage import audit, blocks, report_pushes, report_targets, sign_offs
from server.storage.db import Database
from server.storage.models import AuditEvent, Block, Patient, Protocol, ReportPush, ReportTarget
from server.storage.vault import Vault
from server.web.context import Services
from tests.builders import (
    NOON,
    PUBLIC_URL,
    Phone,
    TestClock,
    World,
    an_entry,
    injection_done,
    new_block,
    new_protocol,
    new_world,
)
from tests.interchange.test_fhir import check
from tests.reports.fhir_server import FhirServer, Misbehaviour

T0 = NOON + timedelta(minutes=1)
FINISHED = T0 + timedelta(hours=8)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "exports.md"
SECRET = "what the FHIR server wants"


#: For what is about the other server and not about the queue, which the other tests try on both.
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def server() -> Iterator[FhirServer]:
    opened = FhirServer()
    yield opened
    opened.close()


@pytest.fixture
def delivery(app: Flask, vault: Vault, server: FhirServer) -> Iterator[ReportDelivery]:
    services: Services = app.extensions["block_diary"]
    with closing(
        ReportDelivery(services.database, vault, PUBLIC_URL, {server.host}, timeout_seconds=60)
    ) as opened:
        yield opened


@pytest.fixture
def targeted(database: Database, vault: Vault, world: World, server: FhirServer) -> World:
    """The clinic has its reports sent to the server."""
    aim(database, vault, world, "fhir", server.url, SECRET)
    return world


@pytest.fixture
def rated(targeted: World, phone: Phone, clock: TestClock) -> World:
    """The block was done at T0, after a baseline; two ratings followed."""
    block_id = targeted.block.id
    phone.sync(an_entry(block_id, NOON, kind="baseline", scores={"main": 7}))
    clock.now = T0
    phone.sync(injection_done(block_id, T0))
    for hours in (1, 2):
        clock.now = T0 + timedelta(hours=hours)
        phone.sync(an_entry(block_id, clock.now, scores={"main": 1}))
    return targeted


def aim(
    database: Database, vault: Vault, of: World, kind: Kind, url: str, secret: str | None
) -> ReportTarget:
    hosts = {re.sub(r"http://([^/]+).*", r"\1", url)}
    with database.transaction() as session:
        return report_targets.set_target(
            session, vault, of.clinic.id, kind, url, secret, hosts, 1, NOON
        )


def row_of(database: Database, of: World) -> ReportPush:
    with database.reading() as session:
        return session.scalars(select(ReportPush).where(ReportPush.block_id == of.block.id)).one()


def rate(phone: Phone, clock: TestClock, of: World, score: int) -> None:
    phone.sync(an_entry(of.block.id, clock.now, scores={"main": score}))


def test_a_report_is_sent_when_it_is_finished_and_not_a_second_before(
    rated: World, delivery: ReportDelivery, server: FhirServer, clock: TestClock, database: Database
) -> None:
    clock.now = FINISHED - timedelta(seconds=1)
    run_once(delivery, clock)
    assert server.posted == []
    clock.now = FINISHED
    run_once(delivery, clock)
    (posted,) = server.posted
    assert posted.headers["authorization"] == f"Bearer {SECRET}"
    assert posted.headers["content-type"].startswith("application/fhir+json")
    check(posted.json)
    kinds = {name.partition("/")[0] for name in server.resources}
    assert kinds >= {"Patient", "Procedure", "Observation", "DiagnosticReport"}
    (report,) = [each for name, each in server.resources.items() if "DiagnosticReport" in name]
    assert report["status"] == "final"
    urls = {each["fullUrl"] for each in posted.json["entry"]}
    wanted = re.findall(r'"reference": "([^"]+)"', posted.body.decode())
    assert wanted and {f"{PUBLIC_URL}/fhir/{each}" for each in wanted} <= urls
    row = row_of(database, rated)
    assert (row.state, row.delivered_at, row.problem) == ("delivered", FINISHED, None)
    run_once(delivery, clock)
    assert len(server.posted) == 1


def test_what_changes_the_report_sends_it_again_and_what_does_not_does_not(
    rated: World,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    database: Database,
    phone: Phone,
) -> None:
    clock.now = FINISHED
    run_once(delivery, clock)
    before = dict(server.resources)
    late = an_entry(rated.block.id, T0 + timedelta(hours=4), scores={"main": 6})
    clock.advance(minutes=1)
    phone.sync(late | {"recorded_at": late["felt_at"]})
    run_once(delivery, clock)
    assert len(server.posted) == 2
    # The hour that was missed until its answer came is gone; nothing else is.
    assert len(server.deleted) == 1 and before[server.deleted[0]]["status"] == "cancelled"
    assert set(before) - set(server.resources) == set(server.deleted)
    scores = [each.get("valueQuantity", {}).get("value") for each in server.resources.values()]
    assert 6 in scores
    phone.sync(late | {"recorded_at": late["felt_at"]})  # once more, from a phone that was not told
    with database.transaction() as session:
        report_pushes.plan(session, session.get_one(Block, rated.block.id))
    run_once(delivery, clock)
    assert len(server.posted) == 2
    with database.transaction() as session:
        block = session.get_one(Block, rated.block.id)
        sign_offs.add(session, block, staff_id=1, comment="Clear.", figures={}, now=clock.now)
    run_once(delivery, clock)
    assert server.posted[2].json["entry"][-1]["resource"]["resourceType"] == "Provenance"
    with database.transaction() as session:
        blocks.cancel(session, session.get_one(Block, rated.block.id), audit.SYSTEM, clock.now)
    run_once(delivery, clock)
    assert server.resources[f"Procedure/{rated.block.id}"]["status"] == "unknown"


@on_one_database
def test_what_is_missed_after_the_verdict_follows_when_the_last_window_has_closed(
    rated: World, delivery: ReportDelivery, server: FhirServer, clock: TestClock, database: Database
) -> None:
    clock.now = FINISHED
    run_once(delivery, clock)
    known = len(server.resources)
    again_at = row_of(database, rated).due_at
    assert again_at is not None and again_at > FINISHED + timedelta(days=2)
    clock.now = again_at
    run_once(delivery, clock)
    assert len(server.posted) == 2 and len(server.resources) > known
    assert row_of(database, rated).due_at is None


@on_one_database
def test_every_misbehaviour_is_told_and_tried_again_where_that_is_of_use(
    rated: World,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    database: Database,
    vault: Vault,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock.now = FINISHED
    passing = [
        (Misbehaviour(hangs_up=True), "unreachable"),
        (Misbehaviour(500), "status_500"),
        (Misbehaviour(429), "status_429"),
        (Misbehaviour(200, body=b"<html>Sign in</html>"), "not_fhir"),
        (Misbehaviour(200, body=b'{"resourceType": "OperationOutcome"}'), "not_fhir"),
        (Misbehaviour(200, body=b"[" * 100_000), "not_fhir"),
        (Misbehaviour(200, body=b" " * 4_100_000), "not_fhir"),
    ]
    for tries, (odd, problem) in enumerate(passing, 1):
        server.will(odd)
        run_once(delivery, clock)
        row = row_of(database, rated)
        assert (row.state, row.problem, row.tries) == ("waiting", problem, tries)
        assert row.due_at is not None and row.due_at > clock.now and server.resources == {}
        clock.now = row.due_at
    server.will(Misbehaviour(delay_seconds=2))
    with closing(ReportDelivery(database, vault, PUBLIC_URL, {server.host}, 0.3)) as impatient:
        run_once(impatient, clock)
    assert row_of(database, rated).problem == "timed_out"
    clock.now = row_of(database, rated).due_at or clock.now
    lasting = [
        (Misbehaviour(401), "status_401"),
        (Misbehaviour(422), "status_422"),
        (Misbehaviour(307, {"Location": f"{server.url}/elsewhere"}), "redirected"),
    ]
    for odd, problem in lasting:
        number = len(server.posted)
        server.will(odd)
        run_once(delivery, clock)
        row = row_of(database, rated)
        assert (row.state, row.problem, row.due_at) == ("failed", problem, None)
        assert len(server.posted) == number + 1, "a redirect was followed"
        with database.transaction() as session:
            report_pushes.try_again(session, rated.clinic.id, row.id, audit.staff(1), clock.now)
    run_once(delivery, clock)
    row = row_of(database, rated)
    assert (row.state, row.problem, row.tries) == ("delivered", None, 0)
    assert f"Procedure/{rated.block.id}" in server.resources
    assert SECRET not in caplog.text and server.host not in caplog.text
    with database.reading() as session:
        actions = [each.action for each in audit.about(session, rated.clinic.id, subject(rated))]
    assert [each for each in actions if each.startswith("report.")] == [
        *(["report.not_sent", "report.tried_again"] * 3),
        "report.sent",
    ]


def subject(of: World) -> str:
    return f"block:{of.block.id}"


@on_one_database
def test_tries_end_after_three_days_and_begin_anew_when_the_address_is_set_again(
    rated: World,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    database: Database,
    vault: Vault,
) -> None:
    clock.now = FINISHED
    server.will(*[Misbehaviour(503)] * 12)
    for _ in range(12):
        run_once(delivery, clock)
        clock.now = row_of(database, rated).due_at or clock.now
    row = row_of(database, rated)
    assert (row.state, row.tries, len(server.posted)) == ("failed", 12, 12)
    assert timedelta(days=2) < clock.now - FINISHED < timedelta(days=4)
    with database.transaction() as session:
        block = session.get_one(Block, rated.block.id)
        report_targets.set_target(
            session, vault, block.clinic_id, "fhir", server.url, None, {server.host}, 1, clock.now
        )
    run_once(delivery, clock)
    assert row_of(database, rated).state == "delivered"
    assert "authorization" not in server.posted[-1].headers


@on_one_database
def test_an_answer_that_is_lost_brings_the_same_again_and_makes_nothing_twice(
    rated: World, delivery: ReportDelivery, server: FhirServer, clock: TestClock, database: Database
) -> None:
    clock.now = FINISHED
    server.will(Misbehaviour(takes=True, hangs_up=True))
    run_once(delivery, clock)
    first = dict(server.resources)
    assert first and row_of(database, rated).state == "waiting"
    clock.advance(minutes=1)
    run_once(delivery, clock)
    assert set(server.resources) == set(first) and len(server.posted) == 2
    assert server.deleted == []


def test_what_arrives_while_the_report_is_sent_is_sent_after_it(
    rated: World,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    phone: Phone,
) -> None:
    clock.now = FINISHED
    server.will(
        Misbehaviour(
            body=b'{"resourceType": "Bundle", "type": "transaction-response"}',
            meanwhile=lambda: rate(phone, clock, rated, 5),
        )
    )
    run_once(delivery, clock)
    assert len(server.posted) == 2
    assert b'"value": 5' not in server.posted[0].body and b'"value": 5' in server.posted[1].body


def test_a_worker_that_died_leaves_its_report_to_the_next_and_two_never_send_one(
    rated: World, delivery: ReportDelivery, server: FhirServer, clock: TestClock, database: Database
) -> None:
    clock.now = FINISHED
    with database.transaction() as session:
        (claimed,) = report_pushes.claim_due(session, clock.now, [], 10)
    assert SECRET not in repr(claimed)
    clock.now = FINISHED + report_pushes.LEASE - timedelta(seconds=1)
    run_once(delivery, clock)
    assert server.posted == []
    clock.now = FINISHED + report_pushes.LEASE
    run_once(delivery, clock)
    assert len(server.posted) == 1


@on_one_database
def test_a_server_that_hangs_delays_its_own_reports_only(
    rated: World,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    database: Database,
    vault: Vault,
) -> None:
    """The webhook of the same clinic is told while the FHIR server still says nothing."""
    told = threading.Event()
    with closing(FhirServer()) as hook:
        delivery._inside_hosts = {server.host, hook.host}
        aim(database, vault, rated, "webhook", f"http://{hook.host}/told", "whs")
        with database.transaction() as session:
            report_pushes.plan(session, session.get_one(Block, rated.block.id))
        hook.will(Misbehaviour(204, meanwhile=told.set))
        server.will(Misbehaviour(503, meanwhile=lambda: waited.append(told.wait(30))))
        waited: list[bool] = []
        clock.now = FINISHED
        run_once(delivery, clock)
    assert waited == [True]


@on_one_database
def test_the_loop_sends_what_becomes_due_and_stops_when_told(
    rated: World, delivery: ReportDelivery, server: FhirServer, clock: TestClock, database: Database
) -> None:
    stop = threading.Event()
    clock.now = FINISHED
    server.will(
        Misbehaviour(
            body=b'{"resourceType": "Bundle", "type": "transaction-response"}', meanwhile=stop.set
        )
    )
    loop = threading.Thread(target=run, args=(database, delivery, stop, clock), daemon=True)
    loop.start()
    loop.join(30)
    assert not loop.is_alive() and len(server.posted) == 1


def verify_from_the_documentation() -> Callable[..., bool]:
    """The example of docs/exports.md, run as it stands there."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    found: Callable[..., bool] = names["is_genuine"]
    return found


@on_one_database
def test_a_webhook_is_signed_says_nothing_about_health_and_its_id_tells_a_repeat(
    world: World,
    phone: Phone,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    database: Database,
    vault: Vault,
) -> None:
    aim(database, vault, world, "webhook", f"http://{server.host}/told", "whs_secret")
    phone.sync(an_entry(world.block.id, NOON, kind="baseline", scores={"main": 7}))
    clock.now = T0
    phone.sync(injection_done(world.block.id, T0))
    clock.now = FINISHED
    server.will(Misbehaviour(500))
    run_once(delivery, clock)
    clock.advance(minutes=2)
    run_once(delivery, clock)
    rate(phone, clock, world, 3)
    run_once(delivery, clock)
    first, again, changed = server.posted
    assert first.json["id"] == again.json["id"] != changed.json["id"]
    types = [each.json["type"] for each in server.posted]
    assert types == ["report.finished", "report.finished", "report.changed"]
    assert set(first.json) == {
        "id", "type", "sent_at", "clinic", "patient", "block", "report",
    }  # fmt: skip
    assert first.json["block"] == f"{PUBLIC_URL}/fhir/Procedure/{world.block.id}"
    assert world.patient.reference not in first.body.decode()
    is_genuine = verify_from_the_documentation()
    header, at = again.headers["block-diary-signature"], clock.now.timestamp()
    assert header == sign("whs_secret", again.body, int(at))
    assert is_genuine("whs_secret", again.body, header, at + 299)
    assert not is_genuine("whs_secret", again.body, header, at + 301)
    assert not is_genuine("whs_other", again.body, header, at)
    assert not is_genuine("whs_secret", again.body + b" ", header, at)
    later = header.replace(f"t={int(at)}", f"t={int(at) + 200}")
    assert not is_genuine("whs_secret", again.body, later, at)
    for odd in ("", "t=,v1=", "v1=00", "t=now,v1=00", f"t={int(at)}"):
        assert not is_genuine("whs_secret", again.body, odd, at)


def sign(secret: str, body: bytes, at: int) -> str:
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def test_reports_go_only_to_the_targets_of_their_own_clinic(
    rated: World,
    delivery: ReportDelivery,
    server: FhirServer,
    clock: TestClock,
    database: Database,
    vault: Vault,
) -> None:
    with database.transaction() as session:
        oak = new_world(session, vault, "Oak")
        block = new_block(session, oak.patient, new_protocol(session, oak.clinic), number=2)
        blocks.start(session, block, T0, "clinic", audit.SYSTEM, NOON)
    clock.now = FINISHED
    run_once(delivery, clock)
    (posted,) = server.posted
    assert str(oak.clinic.id) not in posted.body.decode()
    with database.reading() as session:
        assert session.query(ReportPush).one().clinic_id == rated.clinic.id
        told = session.query(AuditEvent).filter(AuditEvent.clinic_id == oak.clinic.id)
        assert not [each for each in told if each.action.startswith("report.")]


@on_one_database
def test_a_name_that_leads_into_our_own_network_is_not_called(
    rated: World, server: FhirServer, clock: TestClock, database: Database, vault: Vault
) -> None:
    """Whoever typed the address may have its name point anywhere."""
    port = server.host.partition(":")[2]
    aim(database, vault, rated, "fhir", f"https://fhir.evil.example:{port}/fhir", SECRET)
    addresses = [f"fhir.evil.example:{port}:127.0.0.1"]
    clock.now = FINISHED
    with closing(ReportDelivery(database, vault, PUBLIC_URL, (), 60, addresses)) as delivery:
        run_once(delivery, clock)
        row = row_of(database, rated)
        assert (row.state, row.problem, server.posted) == ("failed", "address_forbidden", [])
        # An address of ours that was allowed and is no more
        aim(database, vault, rated, "fhir", server.url, SECRET)
        run_once(delivery, clock)
    row = row_of(database, rated)
    assert (row.state, row.problem, server.posted) == ("failed", "address_refused", [])


@on_one_database
def test_a_credential_that_cannot_be_read_any_more_is_told(
    rated: World, server: FhirServer, clock: TestClock, database: Database, vault: Vault
) -> None:
    with database.reading() as session:
        target = session.query(ReportTarget).one()
        assert SECRET not in (target.sealed_secret or "")
    clock.now = FINISHED
    other = Vault("another secret key, for these tests only")
    with closing(ReportDelivery(database, other, PUBLIC_URL, {server.host}, 60)) as delivery:
        run_once(delivery, clock)
    row = row_of(database, rated)
    assert (row.state, row.problem, server.posted) == ("failed", "unreadable", [])


@pytest.mark.parametrize("how", ["the loop", "once"])
def test_the_process_of_the_reminders_sends_reports_too(
    config: Config,
    database: Database,
    vault: Vault,
    server: FhirServer,
    how: str,
) -> None:
    done_at = datetime.now(UTC) - timedelta(hours=9)
    with database.transaction() as session:
        world = new_world(session, vault, now=done_at)
    aim(database, vault, world, "fhir", server.url, SECRET)
    with database.transaction() as session:
        block = session.get_one(Block, world.block.id)
        blocks.start(session, block, done_at, "clinic", audit.SYSTEM, done_at)
    settings = replace(config, report_inside_hosts=frozenset({server.host}))
    if how == "once":
        remind_once(settings)
    else:
        stop = threading.Event()
        answer = b'{"resourceType": "Bundle", "type": "transaction-response"}'
        server.will(Misbehaviour(body=answer, meanwhile=stop.set))
        loop = threading.Thread(target=remind, args=(settings, stop), daemon=True)
        loop.start()
        loop.join(60)
        assert not loop.is_alive()
    assert f'"Procedure/{world.block.id}"' in server.posted[0].body.decode()


def test_a_target_gets_one_report_at_a_time_and_then_the_next(
    rated: World, delivery: ReportDelivery, server: FhirServer, clock: TestClock, database: Database
) -> None:
    with database.transaction() as session:
        patient = session.get_one(Patient, rated.patient.id)
        protocol = session.get_one(Protocol, rated.block.protocol_id)
        second = new_block(session, patient, protocol, number=2)
        blocks.start(session, second, T0, "clinic", audit.SYSTEM, NOON)
    clock.now = FINISHED
    together: list[int] = []

    def wait() -> None:
        time.sleep(1.2)  # in which the other would come
        together.append(len(server.posted))

    answer = b'{"resourceType": "Bundle", "type": "transaction-response"}'
    server.will(Misbehaviour(body=answer, meanwhile=wait))
    run_once(delivery, clock)
    assert (together, len(server.posted)) == ([1], 2)
