"""One block as a FHIR R4 Bundle, checked by fhir.resources before it leaves."""

from collections.abc import Iterator

from server.domain.dossier import Dossier
from server.interchange.fhir import diary, figures, people
from server.interchange.fhir.elements import Json, stamp


def resources(of: Dossier, base: str) -> Iterator[Json]:
    """Every resource of a block; what others refer to comes first."""
    yield people.organization(of)
    yield people.patient(of)
    yield people.procedure(of)
    yield diary.questionnaire(base)
    for listed in of.entries:
        yield diary.response(of, listed, base)
        yield from diary.correction(of, listed)
        yield from diary.scores(of, listed)
        yield from diary.medicine(of, listed)
    yield from diary.staff_baselines(of)
    if of.record is not None and of.report is not None:
        for assessment in of.record.schedule:
            if of.report.assessments.get(assessment.id) == "missed":
                yield diary.missed(of, assessment)
    yield from figures.verdicts(of)
    yield from figures.diagnostic_report(of)
    yield from figures.sign_offs(of)


def of_kind(of: Dossier, base: str, kind: str) -> list[Json]:
    """The block's resources of one type, by their ids; more cheaply than all of them."""
    if kind in _ONE_EACH:
        return [_ONE_EACH[kind](of)]
    found = [each for each in resources(of, base) if each["resourceType"] == kind]
    return sorted(found, key=lambda each: str(each["id"]))


_ONE_EACH = {
    "Organization": people.organization,
    "Patient": people.patient,
    "Procedure": people.procedure,
}


def bundle(of: Dossier, base: str) -> Json:
    """The block and all that belongs to it, as a Bundle of type `collection`.

    :param base: the address under which the resources live, without a slash at its end
    :raises ValueError: a resource is not what FHIR says; a fault of this program
    """
    from fhir.resources.R4B.bundle import Bundle  # takes a moment to load

    made: Json = {
        "resourceType": "Bundle",
        "id": str(of.details.id),
        "type": "collection",
        "timestamp": stamp(of.as_of),
        "entry": [
            {"fullUrl": f"{base}/{each['resourceType']}/{each['id']}", "resource": each}
            for each in resources(of, base)
        ],
    }
    Bundle.model_validate(made)
    return made
