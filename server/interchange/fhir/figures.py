"""What the report says: an Observation for each pain site, and the DiagnosticReport over them."""

from collections.abc import Iterator
from fractions import Fraction

from server.domain.dossier import Dossier
from server.domain.report import SiteReport
from server.domain.runs import Duration
from server.interchange.fhir.diary import score_id
from server.interchange.fhir.elements import (
    Json,
    absent,
    category,
    made_id,
    our_code,
    quantity,
    reference,
    stamp,
)
from server.interchange.protocol_json import criteria_json

VERDICTS = {"met": "Met", "not_met": "Not met", "undetermined": "Cannot be determined"}
NOT_SAID = (
    "It does not say which joint hurts or whether ablation will help. The clinician concludes."
)


def verdicts(of: Dossier) -> Iterator[Json]:
    """One observation for each pain site; none before the block has a time."""
    if of.report is None:
        return
    for site, found in of.report.sites.items():
        entries = {str(each.about.entry.id): each.about.entry.id for each in of.entries}
        counted = [each.id for each in found.readings if each.status == "clean"]
        resource: Json = {
            "resourceType": "Observation",
            "id": made_id(of.details.id, "verdict", site),
            "partOf": [reference("Procedure", of.details.id)],
            "status": "preliminary" if of.in_progress else "final",
            "category": category("survey"),
            "code": our_code("verdict", "Relief after a diagnostic block, at the criterion"),
            "subject": reference("Patient", of.details.patient_id),
            "issued": stamp(of.as_of),
            "bodySite": {"text": site},
            "valueCodeableConcept": our_code(found.verdict, VERDICTS[found.verdict]),
            "note": [{"text": NOT_SAID}],
            "component": list(_figures(of, found)),
        }
        if of.diary.performed_at is not None:
            resource["effectiveDateTime"] = stamp(of.diary.performed_at)
        if counted:
            resource["derivedFrom"] = [
                reference("Observation", score_id(entries[name], site)) for name in counted
            ]
        yield resource


def diagnostic_report(of: Dossier) -> Iterator[Json]:
    """The report of the block; its conclusion is the clinician's own, once signed."""
    if of.report is None or of.diary.performed_at is None:
        return
    found: Json = {
        "resourceType": "DiagnosticReport",
        "id": made_id(of.details.id, "report"),
        "status": "preliminary" if of.in_progress else "final",
        "code": our_code("report", "Pain diary after a diagnostic block"),
        "subject": reference("Patient", of.details.patient_id),
        "effectiveDateTime": stamp(of.diary.performed_at),
        "issued": stamp(of.as_of),
        "result": [reference("Observation", each["id"]) for each in verdicts(of)],
    }
    if of.signed and of.signed[-1].comment:
        found["conclusion"] = of.signed[-1].comment
    yield found


def sign_offs(of: Dossier) -> Iterator[Json]:
    """Who read the report and concluded, and when."""
    system = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    for each in of.signed:
        yield {
            "resourceType": "Provenance",
            "id": str(each.id),
            "target": [reference("DiagnosticReport", made_id(of.details.id, "report"))],
            "recorded": stamp(each.signed_at),
            "activity": our_code("sign-off", "Signed off"),
            "agent": [
                {
                    "type": {"coding": [{"system": system, "code": "verifier"}]},
                    "who": {"display": each.name or "A former member of staff"},
                }
            ],
        }


def _figures(of: Dossier, found: SiteReport) -> Iterator[Json]:
    yield _part("baseline", "Baseline", _points(found.baseline))
    if found.reason is not None:
        text = found.reason.replace("_", " ")
        yield _part("reason", "Reason", {"valueCodeableConcept": our_code(found.reason, text)})
    if found.peak is not None:
        yield _part("peak-score", "Lowest clean score", _points(found.peak.score))
        yield _part("peak-minutes", "First reached", _minutes(found.peak.minutes))
        if found.peak.relief_percent is not None:
            yield _part("peak-relief", "Relief there", _percent(found.peak.relief_percent))
    if found.onset_minutes is not None:
        yield _part("onset", "Relief set in", {"valueRange": _range(*found.onset_minutes)})
    yield _part("duration", "Relief lasted", _lasted(found.duration))
    if found.agent_window is not None:
        code = our_code(found.agent_window, found.agent_window)
        yield _part(
            "agent-window", "Beside the time expected of the agent", {"valueCodeableConcept": code}
        )
    if found.spid_percent is not None:
        yield _part("spid", "%SPID to 6 hours", _percent(found.spid_percent))
    for key, value in criteria_json(of.diary.criteria).items():
        name = key.replace("_", "-")
        unit = {"percent": "%", "minutes": "min"}.get(name.rpartition("-")[2])
        told: Json = (
            {"valueInteger": value} if unit is None else {"valueQuantity": quantity(value, unit)}
        )
        yield _part(f"criterion-{name}", f"Criterion: {key.replace('_', ' ')}", told)


def _lasted(duration: Duration | None) -> Json:
    if duration is None:
        return {"dataAbsentReason": absent("not-applicable", "no stretch of two readings")}
    return {"valueRange": _range(duration.lower_minutes, duration.upper_minutes)}


def _range(low: Fraction, high: Fraction | None) -> Json:
    """Without a high end it is "at least"."""
    ends = {"low": quantity(low, "min")}
    return ends if high is None else ends | {"high": quantity(high, "min")}


def _points(score: int | None) -> Json:
    if score is None:
        return {"dataAbsentReason": absent("unknown", "not given before the block")}
    return {"valueQuantity": quantity(score, "{score}")}


def _minutes(minutes: Fraction) -> Json:
    return {"valueQuantity": quantity(minutes, "min")}


def _percent(percent: Fraction | int) -> Json:
    return {"valueQuantity": quantity(percent, "%")}


def _part(code: str, text: str, value: Json) -> Json:
    return {"code": our_code(code, text)} | value
