"""A block as FHIR R4: valid by the official schema and by fhir.resources, and the report's own figures."""

import importlib
import json
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import Any, get_args

import pytest
from jsonschema import Draft6Validator, ValidationError

from pwa import build
from server.domain.compliance import AssessmentStatus
from server.interchange.fhir import people
from server.interchange.fhir.bundle import bundle, resources
from server.interchange.fhir.diary import score_id
from server.interchange.report_file import report_json
from tests.interchange.dossiers import T0, a_dossier, an_entry, entry_id, everything

BASE = "https://diary.example/fhir"
SCHEMA = build.MODULES / "@asymmetrik" / "fhir-json-schema-validator" / "fhir.schema.json"
#: Every resource that we make and every type of ours that it holds, by its R4B module.
TYPES = {
    "Bundle": "bundle",
    "Bundle_Entry": "bundle",
    "Organization": "organization",
    "Patient": "patient",
    "Patient_Communication": "patient",
    "Procedure": "procedure",
    "Questionnaire": "questionnaire",
    "Questionnaire_Item": "questionnaire",
    "QuestionnaireResponse": "questionnaireresponse",
    "QuestionnaireResponse_Item": "questionnaireresponse",
    "QuestionnaireResponse_Answer": "questionnaireresponse",
    "Observation": "observation",
    "Observation_Component": "observation",
    "DiagnosticReport": "diagnosticreport",
    "MedicationStatement": "medicationstatement",
    "Provenance": "provenance",
    "Provenance_Agent": "provenance",
    "Provenance_Entity": "provenance",
    "Identifier": "identifier",
    "Reference": "reference",
    "CodeableConcept": "codeableconcept",
    "Coding": "coding",
    "Quantity": "quantity",
    "Range": "range",
    "Annotation": "annotation",
}

Json = dict[str, Any]


@cache
def schema() -> Json:
    """The official JSON schema of FHIR R4, as an npm package carries it."""
    found: Json = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert found["id"] == "http://hl7.org/fhir/json-schema/4.0"
    return found


def check(resource: Json) -> None:
    """:raises ValidationError: the resource is not R4"""
    kind = resource["resourceType"]
    wanted = {"$ref": f"#/definitions/{kind}", "definitions": schema()["definitions"]}
    Draft6Validator(wanted).validate(resource)


def of_kind(found: Json, kind: str) -> list[Json]:
    return [each["resource"] for each in found["entry"] if each["resource"]["resourceType"] == kind]


def parts(resource: Json) -> dict[str, Json]:
    return {part["code"]["coding"][0]["code"]: part for part in resource["component"]}


def test_every_resource_is_r4_by_the_official_schema() -> None:
    made = list(resources(everything(), BASE))
    assert set(TYPES) > {each["resourceType"] for each in made} > {"Provenance", "Observation"}
    for each in made:
        check(each)
    check({"resourceType": "Bundle", "type": "collection", "timestamp": "2026-03-02T14:30:00Z"})
    with pytest.raises(ValidationError):
        check({**made[1], "colour": "red"})


@pytest.mark.parametrize(
    "of",
    [
        a_dossier(performed_at=None, performed_at_source=None),
        a_dossier(cancelled_at=T0),
        a_dossier(cancelled_at=T0, performed_at=None),
        a_dossier(an_entry(1, 20, {"main": 1}), agent="other", as_of=T0 + timedelta(hours=1)),
    ],
    ids=["waiting", "cancelled after it", "cancelled before it", "without a baseline"],
)
def test_a_block_in_any_state_is_r4(of: Any) -> None:
    for each in bundle(of, BASE)["entry"]:
        check(each["resource"])


@pytest.mark.parametrize("name", TYPES)
def test_what_we_use_is_the_same_in_r4_and_r4b(name: str) -> None:
    """fhir.resources checks R4B: for our types it has R4's elements and codes."""
    module = importlib.import_module(f"fhir.resources.R4B.{TYPES[name]}")
    model = getattr(module, name.replace("_Answer", "_Item_Answer").replace("_", ""))
    r4 = schema()["definitions"][name]
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    # Neither the extensions of primitives (the schema leaves some out) nor what only one spells
    fields = {
        name: field
        for name, field in fields.items()
        if name[0] != "_" and name not in ("resource_type", "fhir_comments", "resourceType")
    }
    elements = {name for name in r4["properties"] if name[0] != "_" and name != "resourceType"}
    assert elements == set(fields)
    for element, field in fields.items():
        allowed = (field.json_schema_extra or {}).get("enum_values")
        if allowed and "enum" in r4["properties"][element]:
            told = set(allowed) - {"+"}  # the first few "and more"
            assert told <= set(r4["properties"][element]["enum"]), element


def test_every_reference_is_answered_in_the_bundle() -> None:
    found = bundle(everything(), BASE)
    urls = [each["fullUrl"] for each in found["entry"]]
    assert len(set(urls)) == len(urls)
    text = json.dumps(found)
    wanted = {f"{BASE}/{part.split(chr(34))[0]}" for part in text.split('"reference": "')[1:]}
    assert len(wanted) > 10 and wanted <= set(urls)


def test_times_are_when_it_was_felt_and_when_it_was_recorded() -> None:
    found = bundle(everything(), BASE)
    late = score_id(entry_id(5), "left")
    (resource,) = [each for each in of_kind(found, "Observation") if each["id"] == late]
    assert resource["effectiveDateTime"] == "2026-03-02T16:30:00Z"
    assert resource["issued"] == "2026-03-02T17:00:00Z"
    assert resource["code"]["coding"][0]["code"] == "72514-3"
    assert resource["valueQuantity"]["value"] == 1
    recalled = parts(resource)["reading-status"]["valueCodeableConcept"]
    assert recalled["coding"][0]["code"] == "recalled"


def test_a_missed_hour_is_never_a_zero() -> None:
    of = everything()
    assert of.report is not None and "missed" in get_args(AssessmentStatus)
    missed = [name for name, status in of.report.assessments.items() if status == "missed"]
    found = of_kind(bundle(of, BASE), "Observation")
    absent = [each for each in found if each["status"] == "cancelled"]
    assert len(absent) == len(missed) > 0
    for each in absent:
        assert not [key for key in each if key.startswith("value")]
        assert each["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    zeros = [each for each in found if each.get("valueQuantity", {}).get("value") == 0]
    assert [each["id"] for each in zeros] == [score_id(entry_id(6), "left")]
    (unable,) = [each for each in found if each["id"] == score_id(entry_id(7), None)]
    assert unable["dataAbsentReason"]["text"] == "asleep" and "valueQuantity" not in unable


def test_a_correction_is_amended_and_what_it_replaced_no_longer_stands() -> None:
    found = bundle(everything(), BASE)
    status = {each["id"]: each["status"] for each in of_kind(found, "Observation")}
    assert status[score_id(entry_id(2), "left")] == "entered-in-error"
    assert status[score_id(entry_id(3), "left")] == "amended"
    assert status[score_id(entry_id(4), "left")] == "final"
    revisions = [each for each in of_kind(found, "Provenance") if "entity" in each]
    (entity,) = revisions[0]["entity"]
    assert len(revisions) == 1
    assert entity["what"]["reference"] == f"QuestionnaireResponse/{entry_id(2)}"


def test_the_figures_are_the_reports_own_and_lead_to_the_readings() -> None:
    of = a_dossier(
        an_entry(1, -20, {"main": 7}, kind="baseline"),
        *(an_entry(2 + n, 60 * n, {"main": p}) for n, p in enumerate((4, 1, 1, 1, 5)) if n),
    )
    assert of.report is not None
    told = report_json(of.report)["sites"]["main"]
    (verdict,) = [
        each
        for each in of_kind(bundle(of, BASE), "Observation")
        if each["code"]["coding"][0]["code"] == "verdict"
    ]
    figures = parts(verdict)
    assert verdict["valueCodeableConcept"]["coding"][0]["code"] == told["verdict"] == "met"
    lasted = figures["duration"]["valueRange"]
    assert [lasted["low"]["value"], lasted["high"]["value"]] == told["duration_minutes"]
    set_in = figures["onset"]["valueRange"]
    assert [set_in["low"]["value"], set_in["high"]["value"]] == told["onset_minutes"]
    assert figures["peak-score"]["valueQuantity"]["value"] == told["peak"]["score"]
    assert figures["peak-relief"]["valueQuantity"]["value"] == told["peak"]["relief_percent"]
    assert figures["agent-window"]["valueCodeableConcept"]["text"] == told["agent_window"]
    assert figures["criterion-threshold-percent"]["valueQuantity"]["value"] == 80
    clean = [score_id(of.diary.stored[n].id, "main") for n in range(1, 5)]
    assert [each["reference"] for each in verdict["derivedFrom"]] == [
        f"Observation/{each}" for each in clean
    ]


def test_no_end_of_relief_is_no_upper_end() -> None:
    of = a_dossier(
        an_entry(1, -20, {"main": 7}, kind="baseline"),
        an_entry(2, 60, {"main": 1}),
        an_entry(3, 120, {"main": 1}),
    )
    (verdict,) = [
        each for each in resources(of, BASE)
        if each.get("code", {}).get("coding", [{}])[0].get("code") == "verdict"
    ]  # fmt: skip
    assert "high" not in parts(verdict)["duration"]["valueRange"]


def test_a_report_is_preliminary_until_its_verdict_is_final_and_signed_by_a_verifier() -> None:
    early = a_dossier(as_of=T0 + timedelta(hours=8) - timedelta(seconds=1))
    (report,) = of_kind(bundle(early, BASE), "DiagnosticReport")
    assert report["status"] == "preliminary"
    signed = bundle(everything(), BASE)
    (report,) = of_kind(signed, "DiagnosticReport")
    assert (report["status"], report["conclusion"]) == ("final", "To discuss.")
    (sign_off,) = [each for each in of_kind(signed, "Provenance") if "entity" not in each]
    assert sign_off["agent"][0]["who"] == {"display": "Clara Moss"}
    assert sign_off["target"][0]["reference"] == f"DiagnosticReport/{report['id']}"


def test_the_same_block_makes_the_same_resources_again() -> None:
    """So that whoever takes them twice has them once."""
    first, second = everything(), everything()
    assert bundle(first, BASE) == bundle(second, BASE)
    counts = Counter(each["resource"]["id"] for each in bundle(first, BASE)["entry"])
    assert counts.most_common(1)[0][1] == 1


def test_no_name_of_the_patient_is_in_it_and_the_reference_is() -> None:
    (patient,) = of_kind(bundle(everything(), BASE), "Patient")
    assert "name" not in patient and "birthDate" not in patient
    assert patient["identifier"][0]["value"] == "P-1001"


@pytest.mark.parametrize(
    ("given", "used", "notes"),
    [
        ((0.5, True, False), ["bupivacaine 0.5 %", "steroid"], ["No sedation"]),
        ((None, False, True), ["bupivacaine"], ["No steroid", "Sedation"]),
        ((None, None, None), ["bupivacaine"], []),
    ],
)
def test_the_procedure_says_what_was_given_and_nothing_that_nobody_said(
    given: tuple[float | None, bool | None, bool | None], used: list[str], notes: list[str]
) -> None:
    of = a_dossier(
        **dict(zip(("concentration_percent", "steroid", "sedation"), given, strict=True))
    )
    procedure = people.procedure(of)
    assert [each["text"] for each in procedure["usedCode"]] == used
    assert [each["text"] for each in procedure["note"]] == ["Number 1 in the series", *notes]
