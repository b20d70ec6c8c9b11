"""The diary: a QuestionnaireResponse for each entry, an Observation for each score.

What was replaced is `entered-in-error`, its correction `amended`, with a Provenance that says what
it revises. What was missed has a `dataAbsentReason` and no value: it is never 0.
"""

from collections.abc import Iterator
from uuid import UUID

from server.domain.dossier import Dossier
from server.domain.listed import ListedEntry
from server.domain.schedule import Assessment
from server.interchange.fhir.elements import (
    Json,
    absent,
    category,
    loinc_pain,
    made_id,
    our_code,
    quantity,
    reference,
    stamp,
)

QUESTIONNAIRE_ID = "pain-diary"
#: What is said of a score that is not from the patient's phone, by its source.
WRITTEN_DOWN = {
    "telephone": "Told on the telephone, written down by staff",
    "paper": "Copied from the paper diary by staff",
}


def questionnaire(base: str) -> Json:
    """What the diary asks, the same for every block.

    :param base: the address under which the resources live, without a slash at its end
    """
    return {
        "resourceType": "Questionnaire",
        "id": QUESTIONNAIRE_ID,
        "url": _canonical(base),
        "version": "1",
        "name": "PainDiary",
        "title": "Pain diary after a diagnostic block",
        "status": "active",
        "subjectType": ["Patient"],
        "item": [
            {
                "linkId": "pain",
                "text": "The pain that the block was meant to test",
                "type": "group",
                "repeats": True,
                "item": [
                    {"linkId": "site", "text": "Which pain", "type": "string"},
                    {"linkId": "score", "text": "Score, 0 to 10", "type": "integer"},
                ],
            },
            {"linkId": "activity", "text": "Activity", "type": "string", "repeats": True},
            {"linkId": "medicine", "text": "Extra pain medicine at", "type": "dateTime"},
            {"linkId": "stated", "text": "Relief, in percent", "type": "integer"},
            {"linkId": "note", "text": "Note", "type": "text"},
            {"linkId": "unable", "text": "Why there is no score", "type": "string"},
            {"linkId": "answered-by", "text": "Answered by", "type": "string"},
        ],
    }


def response(of: Dossier, listed: ListedEntry, base: str) -> Json:
    """One entry as it was answered."""
    about, entry = listed.about, listed.about.entry
    pains: list[Json] = [
        {"linkId": "pain", "item": [_answer("site", "valueString", site),
                                    _answer("score", "valueInteger", entry.scores[site])]}
        for site in of.diary.sites if site in entry.scores
    ]  # fmt: skip
    told = [
        *(("activity", "valueString", each) for each in entry.activities),
        ("medicine", "valueDateTime", about.rescue_at and stamp(about.rescue_at)),
        ("stated", "valueInteger", entry.stated_percent),
        ("note", "valueString", (entry.note or "").strip() or None),
        ("unable", "valueString", entry.unable_reason),
        ("answered-by", "valueString", entry.answered_by),
    ]
    activities = [each for each in told if each[0] == "activity" and each[2]]
    others = [each for each in told if each[0] != "activity" and each[2] is not None]
    items = [*pains]
    if activities:
        items.append(
            {"linkId": "activity", "answer": [{kind: value} for _, kind, value in activities]}
        )
    items += [_answer(*each) for each in others]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": str(entry.id),
        "questionnaire": f"{_canonical(base)}|1",
        "partOf": [reference("Procedure", of.details.id)],
        "status": _status(listed, "completed"),
        "subject": reference("Patient", of.details.patient_id),
        "authored": stamp(about.recorded_at),
        "item": items,
    }


def scores(of: Dossier, listed: ListedEntry) -> Iterator[Json]:
    """The scores of an entry; of one that could not be rated, why there is none."""
    entry = listed.about.entry
    if entry.kind == "unable":
        reason = "asleep" if entry.unable_reason == "asleep" else "could not rate"
        yield _observation(of, listed, None) | {"dataAbsentReason": absent("asked-unknown", reason)}
    for site in of.diary.sites:
        if site not in entry.scores:
            continue
        reading = listed.readings.get(site)
        status = listed.status if reading is None else reading.status
        parts = [_part("reading-status", "What became of it", _code(status))]
        if listed.minutes is not None:
            since = {"valueQuantity": quantity(listed.minutes, "min")}
            parts.append(_part("minutes", "Time since the block", since))
        if reading is not None and reading.relief_percent is not None:
            relief = {"valueQuantity": quantity(reading.relief_percent, "%")}
            parts.append(_part("relief-computed", "Relief, computed", relief))
        if entry.stated_percent is not None:
            stated = {"valueQuantity": quantity(entry.stated_percent, "%")}
            parts.append(_part("relief-stated", "Relief, as the patient states it", stated))
        yield _observation(of, listed, site) | {
            "valueQuantity": quantity(entry.scores[site], "{score}"),
            "component": parts,
        }


def missed(of: Dossier, assessment: Assessment) -> Json:
    """An assessment that nobody answered: known to be missing, and without a value."""
    return {
        "resourceType": "Observation",
        "id": made_id(of.details.id, "assessment", assessment.id),
        "partOf": [reference("Procedure", of.details.id)],
        "status": "cancelled",
        "category": category("survey"),
        "code": loinc_pain(),
        "subject": reference("Patient", of.details.patient_id),
        "effectiveDateTime": stamp(assessment.due_at),
        "dataAbsentReason": absent("not-performed", f"assessment {assessment.id} missed"),
    }


def staff_baselines(of: Dossier) -> Iterator[Json]:
    """Baselines that staff entered; the last of a pain stands."""
    last = {each.site: each for each in of.diary.staff_baselines}
    for each in of.diary.staff_baselines:
        entered = stamp(each.entered_at)
        yield {
            "resourceType": "Observation",
            "id": made_id(of.details.id, "baseline", each.site, entered),
            "partOf": [reference("Procedure", of.details.id)],
            "status": "final" if last[each.site] is each else "entered-in-error",
            "category": category("survey"),
            "code": loinc_pain(),
            "subject": reference("Patient", of.details.patient_id),
            "issued": entered,
            "bodySite": {"text": each.site},
            "valueQuantity": quantity(each.score, "{score}"),
            "note": [{"text": "Baseline, entered or confirmed by staff"}],
            "component": [_part("reading-status", "What became of it", _code("baseline"))],
        }


def medicine(of: Dossier, listed: ListedEntry) -> Iterator[Json]:
    """Pain medicine beyond the regular, if the entry names some."""
    about = listed.about
    if about.rescue_at is not None:
        yield {
            "resourceType": "MedicationStatement",
            "id": made_id(about.entry.id, "medicine"),
            "status": "entered-in-error" if listed.status == "replaced" else "completed",
            "medicationCodeableConcept": {"text": "Pain medicine beyond the regular"},
            "subject": reference("Patient", of.details.patient_id),
            "effectiveDateTime": stamp(about.rescue_at),
            "dateAsserted": stamp(about.recorded_at),
            "derivedFrom": [reference("QuestionnaireResponse", about.entry.id)],
        }


def correction(of: Dossier, listed: ListedEntry) -> Iterator[Json]:
    """That an entry revises an earlier one, and when the clinic learnt of it."""
    entry = listed.about.entry
    if entry.replaces is not None:
        yield {
            "resourceType": "Provenance",
            "id": made_id(entry.id, "correction"),
            "target": [reference("QuestionnaireResponse", entry.id)],
            "occurredDateTime": stamp(listed.about.recorded_at),
            "recorded": stamp(entry.received_at),
            "agent": [{"who": reference("Patient", of.details.patient_id)}],
            "entity": [
                {"role": "revision", "what": reference("QuestionnaireResponse", entry.replaces)}
            ],
        }


def score_id(entry_id: UUID, site: str | None) -> str:
    """The id of the observation of one score."""
    return made_id(entry_id, "score", *([] if site is None else [site]))


def _observation(of: Dossier, listed: ListedEntry, site: str | None) -> Json:
    about = listed.about
    found: Json = {
        "resourceType": "Observation",
        "id": score_id(about.entry.id, site),
        "partOf": [reference("Procedure", of.details.id)],
        "status": _status(listed, "final"),
        "category": category("survey"),
        "code": loinc_pain(),
        "subject": reference("Patient", of.details.patient_id),
        "effectiveDateTime": stamp(about.felt_at),
        "issued": stamp(about.recorded_at),
        "derivedFrom": [reference("QuestionnaireResponse", about.entry.id)],
    }
    if site is not None:
        found["bodySite"] = {"text": site}
    notes = []
    if about.entry.source != "phone":
        notes.append(WRITTEN_DOWN[about.entry.source])
    if about.clock_uncertain:
        notes.append("The phone's clock was uncertain")
    if notes:
        found["note"] = [{"text": each} for each in notes]
    return found


def _status(listed: ListedEntry, plain: str) -> str:
    if listed.status == "replaced":
        return "entered-in-error"
    return plain if listed.about.entry.replaces is None else "amended"


def _answer(link: str, kind: str, value: object) -> Json:
    return {"linkId": link, "answer": [{kind: value}]}


def _code(code: str) -> Json:
    return {"valueCodeableConcept": our_code(code, code.replace("_", " "))}


def _part(code: str, text: str, value: Json) -> Json:
    return {"code": our_code(code, text)} | value


def _canonical(base: str) -> str:
    return f"{base}/Questionnaire/{QUESTIONNAIRE_ID}"
