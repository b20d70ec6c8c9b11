"""Whose block it is and what was done: Organization, Patient, Procedure, and who concluded."""

from server.domain.dossier import Dossier
from server.interchange.fhir.elements import REFERENCES, Json, our_code, reference, stamp


def organization(of: Dossier) -> Json:
    """The clinic."""
    return {
        "resourceType": "Organization",
        "id": str(of.details.clinic_id),
        "name": of.details.clinic,
    }


def patient(of: Dossier) -> Json:
    """The patient, known by the clinic's own reference; there is no name."""
    return {
        "resourceType": "Patient",
        "id": str(of.details.patient_id),
        "identifier": [
            {
                "use": "usual",
                "system": f"{REFERENCES}:{of.details.clinic_id}",
                "value": of.details.reference,
            }
        ],
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": of.details.language}]}}
        ],
        "managingOrganization": reference("Organization", of.details.clinic_id),
    }


def procedure(of: Dossier) -> Json:
    """The block, under a code of our own: none of a published system was verified for it."""
    details, performed_at = of.details, of.diary.performed_at
    if details.cancelled_at is not None:
        # Not done, or done and not followed: nobody said which.
        status = "not-done" if performed_at is None else "unknown"
    else:
        status = "preparation" if performed_at is None else "completed"
    side = "both sides" if details.side == "both" else details.side
    agent = of.diary.agent
    if details.concentration_percent is not None:
        agent = f"{agent} {details.concentration_percent:g} %"
    found: Json = {
        "resourceType": "Procedure",
        "id": str(details.id),
        "status": status,
        "code": our_code("block", "Diagnostic facet joint block (medial branch block)"),
        "subject": reference("Patient", details.patient_id),
        "bodySite": [{"text": f"{details.region} {details.levels}, {side}"}],
        "usedCode": [{"text": agent}],
        "note": [{"text": f"Number {details.number} in the series"}],
    }
    if details.steroid is not None:
        if details.steroid:
            found["usedCode"].append({"text": "steroid"})
        else:
            found["note"].append({"text": "No steroid"})
    if details.sedation is not None:
        found["note"].append({"text": "Sedation" if details.sedation else "No sedation"})
    if performed_at is not None:
        found["performedDateTime"] = stamp(performed_at)
    return found
