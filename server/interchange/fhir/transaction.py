"""A finished report for another FHIR server: one transaction that can be sent again and again."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from server.domain.dossier import Dossier
from server.interchange.fhir.bundle import resources
from server.interchange.fhir.elements import Json, stamp


def version(of: Dossier, base: str) -> str:
    """What tells one version of the report from another: a hash of all it says.

    When it was read (`issued` of what is computed) is no part of it.
    """
    said = [
        {
            name: value
            for name, value in each.items()
            if (name, value) != ("issued", stamp(of.as_of))
        }
        for each in resources(of, base)
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def names(of: Dossier, base: str) -> tuple[str, ...]:
    """Every resource of the report, as "Observation/ID"."""
    return tuple(f"{each['resourceType']}/{each['id']}" for each in resources(of, base))


def transaction(of: Dossier, base: str, sent: Iterable[str]) -> Json:
    """The whole report as a Bundle of type `transaction`, checked by fhir.resources.

    Each resource is put under its own id, so that a second time changes nothing.

    :param sent: what an earlier version sent, as `names` gives it; what is there no more, such as
        an assessment that was missed until its answer arrived late, is deleted
    :raises ValueError: a resource is not what FHIR says; a fault of this program
    """
    from fhir.resources.R4B.bundle import Bundle  # takes a moment to load

    gone = sorted(set(sent) - set(names(of, base)))
    made: Json = {
        "resourceType": "Bundle",
        "type": "transaction",
        "timestamp": stamp(of.as_of),
        "entry": [*_put(of, base), *map(_delete, gone)],
    }
    Bundle.model_validate(made)
    return made


def is_answer(body: bytes) -> bool:
    """Is it what a FHIR server answers to a transaction that it took?"""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(answer, dict)
        and answer.get("resourceType") == "Bundle"
        and answer.get("type") == "transaction-response"
    )


def _put(of: Dossier, base: str) -> Iterator[Json]:
    for each in resources(of, base):
        name = f"{each['resourceType']}/{each['id']}"
        yield {
            "fullUrl": f"{base}/{name}",
            "resource": each,
            "request": {"method": "PUT", "url": name},
        }


def _delete(name: str) -> Json:
    return {"request": {"method": "DELETE", "url": name}}
