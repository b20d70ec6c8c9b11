"""The small parts that the resources are built from: codes, references, identities, times."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

from server.interchange.protocol_json import json_number

Json = dict[str, Any]

SEPARATOR = "\x1f"
_OURS = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.[0-9a-f]{20})?")

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
#: Pain severity - 0-10 verbal numeric rating [Score] - Reported
PAIN_CODE = "72514-3"
#: Our own codes: what no published system that we verified has a code for.
OURS = "urn:block-diary:codes"
#: The clinic's reference for a patient, followed by the clinic's id.
REFERENCES = "urn:block-diary:patient-reference"


def loinc_pain() -> Json:
    """The code of every pain score."""
    display = "Pain severity - 0-10 verbal numeric rating [Score] - Reported"
    return {
        "coding": [{"system": LOINC, "code": PAIN_CODE, "display": display}],
        "text": "Pain score, 0 to 10",
    }


def our_code(code: str, text: str) -> Json:
    """A concept of our own."""
    return {"coding": [{"system": OURS, "code": code, "display": text}], "text": text}


def category(code: str) -> list[Json]:
    """The category of an observation, such as `survey`."""
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return [{"coding": [{"system": system, "code": code}]}]


def absent(code: str, text: str) -> Json:
    """Why there is no value."""
    return {"coding": [{"system": ABSENT, "code": code}], "text": text}


def quantity(value: Fraction | int, unit: str) -> Json:
    """A number with its UCUM unit."""
    shown = {"{score}": "points", "min": "min", "%": "%"}[unit]
    return {"value": json_number(value), "unit": shown, "system": UCUM, "code": unit}


def reference(kind: str, of: UUID | str) -> Json:
    """A reference to a resource beside this one."""
    return {"reference": f"{kind}/{of}"}


def made_id(of: UUID, *names: str) -> str:
    """The id of what is made from an entry or a block: the same each time.

    It begins with the id of what it is made from, so that it can be found again (`owner`).
    """
    return f"{of}.{uuid5(of, SEPARATOR.join(names)).hex[:20]}"


def owner(made: str) -> UUID | None:
    """What a resource with this id is made from: a block, an entry, a sign-off, a patient or a
    clinic. None: no resource of ours has such an id."""
    found = _OURS.fullmatch(made)
    return None if found is None else UUID(found[1])


def stamp(instant: datetime) -> str:
    """A FHIR dateTime or instant in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
