"""The FHIR API as a program uses it: with a token, of its own clinic, page by page."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from server.domain.api_tokens import SCOPES
from server.storage import api_tokens, audit_search
from server.storage.audit_search import Wanted
from server.storage.models import ApiToken, Clinic
from server.web.fhir import access
from tests.interchange.test_fhir import check
from tests.web.clinic.conftest import PUBLIC_URL, World

Json = dict[str, Any]


class Program:
    """A program that reads with a token."""

    def __init__(
        self, world: World, scope: str = "fhir:read", clinic: Clinic | None = None
    ) -> None:
        self.world = world
        app = world.app.extensions["block_diary"]
        with world.database.transaction() as session:
            self.row, self.token = api_tokens.make(
                session,
                app.vault,
                (clinic or world.clinic).id,
                name="Research database",
                scopes=[scope],
                days=90,
                staff_id=1,
                now=world.clock.now,
            )

    def get(self, path: str, method: str = "GET", **options: Any) -> TestResponse:
        """What is under `/fhir/`, or at a whole address of ours."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        address = f"/fhir/{path.removeprefix(f'{PUBLIC_URL}/fhir/')}"
        return self.world.anonymous().open(address, method=method, headers=headers, **options)

    def found(self, path: str, **parameters: str) -> Json:
        """A page, which has to be valid R4."""
        answer = self.get(f"{path}?{urlencode(parameters)}" if parameters else path)
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "application/fhir+json"
        assert answer.json is not None
        for each in answer.json.get("entry", ()):
            check(each["resource"])
        return answer.json

    def ids(self, path: str, **parameters: str) -> list[str]:
        return [each["resource"]["id"] for each in self.found(path, **parameters).get("entry", ())]


def refused(answer: TestResponse, status: int, code: str) -> str:
    """What an OperationOutcome says."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/fhir+json"
    assert answer.json is not None
    check(answer.json)
    (issue,) = answer.json["issue"]
    assert (issue["severity"], issue["code"]) == ("error", code)
    return str(issue["diagnostics"])


def oak(world: World) -> Clinic:
    with world.database.reading() as session:
        return session.query(Clinic).filter(Clinic.name.startswith("Oak")).one()


@pytest.fixture
def rated(world: World) -> str:
    """A block with two ratings, one an hour after it."""
    block_id, phone = world.started()
    world.clock.forward(minutes=15)
    phone.rate(block_id, {"main": 4})
    world.clock.forward(minutes=45)
    phone.rate(block_id, {"main": 1})
    return block_id


def test_who_shows_no_token_that_is_open_is_told_nothing(world: World, rated: str) -> None:
    program = Program(world)
    assert program.get("Procedure").status_code == 200
    for header in ("", "Bearer", "Bearer x", f"Basic {program.token}", f"Bearer {program.token}x"):
        answer = program.get(f"Procedure/{rated}", headers={"Authorization": header})
        assert rated not in refused(answer, 401, "login")
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="fhir"')
    world.nurse.be_signed_in()
    assert world.nurse.client.get("/fhir/Procedure").status_code == 401
    world.clock.now = program.row.expires_at - timedelta(seconds=1)
    assert program.get("Procedure").status_code == 200
    world.clock.now = program.row.expires_at
    refused(program.get("Procedure"), 401, "login")
    program = Program(world)
    assert program.get("Procedure").status_code == 200
    with world.database.transaction() as session:
        api_tokens.revoke(session, world.clinic.id, program.row.id, "staff:1", world.clock.now)
    refused(program.get("Procedure"), 401, "login")


def test_a_token_reads_what_its_scopes_name_and_nothing_else(world: World, rated: str) -> None:
    program = Program(world, "fhir:procedures")
    for kind in sorted(SCOPES["fhir:read"]):
        answer = program.get(f"{kind}/{rated}")
        if kind in ("Patient", "Organization", "Procedure"):
            assert answer.status_code in (200, 404)
        else:
            refused(answer, 403, "forbidden")
            refused(program.get(kind), 403, "forbidden")
    refused(Program(world).get("Medication"), 404, "not-supported")


def test_another_clinics_token_finds_nothing(world: World, rated: str) -> None:
    ours, theirs = Program(world), Program(world, clinic=oak(world))
    tried = 0
    for kind in ("Patient", "Procedure", "QuestionnaireResponse", "Observation"):
        for resource_id in ours.ids(kind):
            assert ours.found(f"{kind}/{resource_id}")["id"] == resource_id
            refused(theirs.get(f"{kind}/{resource_id}"), 404, "not-found")
            assert theirs.ids(kind, _id=resource_id) == []
            tried += 1
        assert theirs.found(kind)["total"] == 0
    assert tried >= 7
    patient = ours.ids("Patient")[0]
    assert theirs.ids("Observation", patient=patient) == []
    assert theirs.ids("Observation", **{"part-of": rated}) == []
    refused(theirs.get(f"Organization/{world.clinic.id}"), 404, "not-found")
    with world.database.transaction() as session, pytest.raises(Exception, match="no such token"):
        api_tokens.revoke(session, theirs.row.clinic_id, ours.row.id, "staff:1", world.clock.now)


def test_searches_find_by_patient_date_code_and_block_and_go_on_page_by_page(
    world: World, rated: str
) -> None:
    world.started({"main": 6}, reference="P-2")
    program = Program(world)
    by_name = {
        each["resource"]["identifier"][0]["value"]: each["resource"]["id"]
        for each in program.found("Patient")["entry"]
    }
    assert set(by_name) == {"P-1001", "P-2"}
    first = by_name["P-1001"]
    assert program.ids("Patient", identifier="P-1001") == [first]
    system = f"urn:block-diary:patient-reference:{world.clinic.id}"
    assert program.ids("Patient", identifier=f"{system}|P-1001") == [first]
    assert program.ids("Patient", identifier="urn:other|P-1001") == []
    assert program.ids("Procedure", patient=f"Patient/{first}") == [rated]
    scores = program.found("Observation", patient=first, code="http://loinc.org|72514-3")
    told = [each["resource"] for each in scores["entry"]]
    assert sorted(each["valueQuantity"]["value"] for each in told if "valueQuantity" in each) == [
        1, 4, 7,
    ]  # fmt: skip
    assert {each["subject"]["reference"] for each in told} == {f"Patient/{first}"}
    times = sorted(each["effectiveDateTime"] for each in told)
    later = {"patient": first, "code": "72514-3", "date": f"gt{times[0]}"}
    assert len(program.ids("Observation", **later)) == len(told) - 1 == 3  # one was missed
    assert len(program.ids("Observation", date=times[0], code="72514-3")) == 1
    (verdict,) = program.ids("Observation", code="verdict", **{"part-of": f"Procedure/{rated}"})
    assert program.found(f"Observation/{verdict}")["code"]["coding"][0]["code"] == "verdict"
    assert len(program.ids("QuestionnaireResponse", patient=first)) == 3
    assert program.ids("QuestionnaireResponse", authored="ge2026-03-03") == []
    assert program.ids("Procedure", date="2026-03-02", code="block", patient=first) == [rated]
    assert program.ids("Procedure", date="lt2026-03-02") == []
    form = program.get("Patient/_search", method="POST", data={"identifier": "P-1001"}).json
    assert form is not None and form["total"] == 1
    (report,) = program.ids("DiagnosticReport", patient=first)
    assert program.ids("DiagnosticReport", _id=report) == [report]
    # Page by page, as the links lead
    whole = program.ids("Observation", code="72514-3")
    page, seen = program.found("Observation", code="72514-3", _count="2"), []
    for _ in range(len(whole)):
        seen += [each["resource"]["id"] for each in page["entry"]]
        links = {each["relation"]: each["url"] for each in page["link"]}
        assert "total" not in page and links["self"].startswith(f"{PUBLIC_URL}/fhir/Observation?")
        if "next" not in links:
            break
        page = program.found(links["next"])
    assert seen == whole and len(whole) == len(set(whole)) > 3
    assert program.found("Observation", code="72514-3")["total"] == len(whole)


@pytest.mark.parametrize("database_kind", ["sqlite"])  # no query of its own
def test_what_is_not_offered_is_told_and_what_cannot_be_read_is_refused(world: World) -> None:
    program = Program(world)
    told = program.found("Observation", colour="red")["entry"]
    assert [each["search"]["mode"] for each in told] == ["outcome"]
    strict = {"Prefer": "return=minimal, handling=strict"}
    refused(program.get("Observation?colour=red", headers=strict), 400, "not-supported")
    refused(program.get("Observation?date=soon"), 400, "invalid")
    refused(program.get("Provenance"), 404, "not-supported")
    refused(program.get("Observation/1"), 404, "not-found")
    refused(program.get("Observation/1/_history/1"), 404, "not-found")
    refused(program.get("Observation", method="POST"), 405, "not-supported")
    refused(program.get("Observation/1", method="DELETE"), 405, "not-supported")
    xml = {"Accept": "application/fhir+xml"}
    refused(program.get("Observation", headers=xml), 406, "not-supported")
    refused(program.get("Observation?_format=xml"), 406, "not-supported")
    assert program.get("Observation?_format=json", headers=xml).status_code == 200


def test_all_that_is_claimed_answers_and_what_is_not_claimed_is_not_there(
    world: World, rated: str
) -> None:
    """The CapabilityStatement against the API itself."""
    claimed = world.anonymous().get("/fhir/metadata").json
    assert claimed is not None
    program = Program(world)
    (rest,) = claimed["rest"]
    kinds = {each["type"]: each for each in rest["resource"]}
    assert set(kinds) == SCOPES["fhir:read"]
    values = {"token": "x", "date": "2026", "reference": rated}
    everything = {"_id", "patient", "date", "code", "part-of", "authored", "identifier", "status"}
    for kind, told in kinds.items():
        codes = {each["code"] for each in told["interaction"]}
        assert codes <= {"read", "search-type"}
        refused(program.get(f"{kind}/unknown"), 404, "not-found")
        answer = program.get(kind)
        assert (answer.status_code == 200) == ("search-type" in codes)
        offered = {each["name"]: each["type"] for each in told.get("searchParam", ())}
        strict = {"Prefer": "handling=strict"}
        for name in everything if "search-type" in codes else ():
            value = values[offered.get(name, "token")]
            answer = program.get(f"{kind}?{name}={value}", headers=strict)
            assert (answer.status_code == 200) == (name in offered), (kind, name)
    for kind in ("Medication", "Encounter", "Bundle", "CapabilityStatement", "Subscription"):
        refused(program.get(kind), 404, "not-supported")
    # Every reference inside a block leads to a resource.
    block = world.nurse.get(f"/clinic/blocks/{rated}/fhir.json").json
    assert block is not None
    for each in block["entry"]:
        assert program.found(each["fullUrl"]) == each["resource"]


def test_what_a_program_reads_is_on_the_audit_trail_under_its_name(
    world: World, rated: str
) -> None:
    program = Program(world)
    program.ids("Observation", patient=program.ids("Patient")[0])
    with world.database.reading() as session:
        wanted = Wanted(actor=f"token:{program.row.id}")
        rows = audit_search.page(session, world.clinic.id, wanted, before=None, size=9)
        told = [(row.action, row.subject, row.details["type"]) for row in rows]
        used = session.get_one(ApiToken, program.row.id)
        assert used.used_at == world.clock.now and program.token not in used.token_hash
    about = f"block:{rated}"
    assert told == [
        ("fhir.searched", about, "Observation"),
        ("fhir.searched", about, "Patient"),
    ]
    page = world.member("administrator").get("/clinic/audit")
    assert "Research database (program)" in page.text


@pytest.mark.parametrize("database_kind", ["sqlite"])  # no query of its own
def test_a_token_that_asks_too_often_has_to_wait_and_no_other_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "PER_TOKEN", "3/minute")
    busy, other = Program(world), Program(world)
    for _ in range(3):
        assert busy.get("Medication").status_code == 404
    answer = busy.get("Procedure")
    refused(answer, 429, "throttled")
    assert answer.headers["Retry-After"] == "60"
    assert other.get("Procedure").status_code == 200
