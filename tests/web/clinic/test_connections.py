"""The page of other systems: tokens shown once, addresses checked, what became of the reports."""

import re
from datetime import timedelta

import pytest

from server.domain.report_targets import Outcome
from server.storage import report_pushes
from server.storage.models import ApiToken, AuditEvent, ReportPush, ReportTarget
from server.storage.report_pushes import Taken
from tests.web.clinic.conftest import World

PAGE = "/clinic/connections"
TOKEN = {"name": "Research <database>", "scopes": ["fhir:read"], "days": "30"}


def test_a_token_is_shown_once_reads_and_is_revoked(world: World) -> None:
    block_id, _ = world.started()
    member = world.member("administrator")
    assert "None is set" in member.get(PAGE).text
    made = member.post(f"{PAGE}/tokens", TOKEN)
    (token,) = re.findall(r'id="made-secret">(bdt_[\w-]{43})<', made.text)
    assert "Research &lt;database&gt;" in made.text
    again = member.get(PAGE).text
    assert token not in again and "Never" in again
    bearer = {"Authorization": f"Bearer {token}"}
    read = world.anonymous().get(f"/fhir/Procedure/{block_id}", headers=bearer)
    assert read.status_code == 200
    assert "Never" not in member.get(PAGE).text
    with world.database.reading() as session:
        row = session.query(ApiToken).one()
        assert row.expires_at - row.created_at == timedelta(days=30)
        assert token not in "".join(
            str(each.details) for each in session.query(AuditEvent)
        ) and token not in str(vars(row))
    assert member.post(f"{PAGE}/tokens/{row.id}/revoke").status_code == 303
    assert "Revoked" in member.get(PAGE).text
    refused = world.anonymous().get(f"/fhir/Procedure/{block_id}", headers=bearer)
    assert refused.status_code == 401
    with world.database.reading() as session:
        told = [each.action for each in session.query(AuditEvent).order_by(AuditEvent.number)]
    assert [each for each in told if each.startswith("token.")] == ["token.made", "token.revoked"]


@pytest.mark.parametrize("database_kind", ["sqlite"])  # no query of its own
def test_what_cannot_be_taken_is_said_at_its_field(world: World) -> None:
    member = world.member("administrator")
    for path, data, words in (
        ("tokens", {"name": "", "days": "30"}, "Type what the program is called."),
        ("tokens", TOKEN | {"scopes": []}, "Choose what the program may read."),
        ("tokens", TOKEN | {"scopes": ["everything"]}, "What it may read</a>: "),
        ("tokens", TOKEN | {"days": "3650"}, "It works for</a>: "),
        ("fhir-server", {"fhir_url": ""}, "Type the address."),
        ("fhir-server", {"fhir_url": "http://fhir.example/r4"}, "has to begin with https://"),
        ("webhook", {"webhook_url": "https://127.0.0.1@x/"}, "is not an address"),
    ):
        answer = member.post(f"{PAGE}/{path}", data)
        assert answer.status_code == 422, path
        assert words in answer.text and 'role="alert"' in answer.text, words
    with world.database.reading() as session:
        assert session.query(ApiToken).count() == session.query(ReportTarget).count() == 0


def test_the_page_shows_where_reports_go_and_what_became_of_each(world: World) -> None:
    block_id, phone = world.started()
    member = world.member("administrator")
    secret = {"fhir_url": "https://fhir.example/r4", "credential": "theirs and nobody else's"}
    assert member.post(f"{PAGE}/fhir-server", secret).status_code == 303
    shown = member.get(PAGE).text
    assert "https://fhir.example/r4" in shown and "with a token" in shown
    assert "theirs and" not in shown and "Waits until" in shown
    told = member.post(f"{PAGE}/webhook", {"webhook_url": "https://hub.example/told"}).text
    assert re.search(r'id="made-secret">whs_[\w-]{43}<', told)
    world.clock.forward(hours=9)
    with world.database.transaction() as session:
        claimed = report_pushes.claim_due(session, world.clock.now, [], 9)
        assert {each.kind for each in claimed} == {"fhir", "webhook"}
        for each in claimed:
            assert str(each.block_id) == block_id
            if each.kind == "webhook":
                report_pushes.taken(session, each, Taken("v", (), None), world.clock.now)
            else:
                outcome = Outcome("status_401")
                report_pushes.not_taken(session, each, outcome, world.clock.now)
    shown = member.get(PAGE).text
    assert "Failed: It answered 401: it does not accept the credential." in shown
    assert "Delivered" in shown and shown.count("Try again") == 2  # its name and its words
    with world.database.reading() as session:
        push = session.query(ReportPush).filter(ReportPush.state == "failed").one()
    assert member.post(f"{PAGE}/reports/{push.id}/try-again").status_code == 303
    with world.database.reading() as session:
        again = session.get_one(ReportPush, push.id)
        assert (again.state, again.due_at, again.tries) == ("waiting", world.clock.now, 0)
        (target,) = session.query(ReportTarget).filter(ReportTarget.kind == "fhir")
        assert "theirs and" not in str(vars(target))
    assert member.post(f"{PAGE}/targets/{target.id}/remove").status_code == 303
    with world.database.reading() as session:
        assert [each.target_id == target.id for each in session.query(ReportPush)] == [False]
        actions = {each.action for each in session.query(AuditEvent)}
    assert actions >= {
        "clinic.report_target_set", "clinic.report_target_removed", "report.sent",
        "report.not_sent", "report.tried_again",
    }  # fmt: skip
    phone.rate(block_id, {"main": 2})
    with world.database.reading() as session:
        assert session.query(ReportPush).one().state == "waiting"
