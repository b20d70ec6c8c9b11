"""What the read-only API can do: no more, and no less."""

from datetime import datetime

from server.domain.api_tokens import SCOPES
from server.interchange.fhir.elements import Json, stamp
from server.interchange.fhir.search import SEARCHABLE

#: The types that can be read by id.
READABLE = tuple(sorted(SCOPES["fhir:read"]))


def capability_statement(base: str, version: str, now: datetime) -> Json:
    """The CapabilityStatement of this installation, checked by fhir.resources.

    :param base: the API's own address
    :param version: of this program
    """
    from fhir.resources.R4B.capabilitystatement import CapabilityStatement

    made: Json = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": stamp(now),
        "kind": "instance",
        "software": {"name": "Block Diary", "version": version},
        "implementation": {"description": "Pain diaries after diagnostic blocks", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Read only. A token of the clinic goes into the header"
                " Authorization: Bearer. Dates without a zone are meant in the clinic's own.",
                "security": {"cors": False, "description": "Bearer token, made by the clinic."},
                "resource": [_resource(kind) for kind in READABLE],
            }
        ],
    }
    CapabilityStatement.model_validate(made)
    return made


def _resource(kind: str) -> Json:
    made: Json = {
        "type": kind,
        "interaction": [{"code": "read"}],
        "versioning": "no-version",
        "referencePolicy": ["literal", "local"],
    }
    if kind in SEARCHABLE:
        made["interaction"].append({"code": "search-type"})
        made["searchParam"] = [
            {"name": name, "type": parameter.sort} for name, parameter in SEARCHABLE[kind].items()
        ]
    return made
