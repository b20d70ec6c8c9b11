"""A protocol and its criteria as JSON. Source: docs/report.md, The file."""

from dataclasses import asdict, fields
from fractions import Fraction
from typing import Any

from server.domain.errors import Invalid
from server.domain.protocol import (
    MOST_DAYS,
    MOST_MINUTES,
    STANDARD,
    Criteria,
    PlannedAssessment,
    Protocol,
)
from server.interchange.fields import (
    a_list,
    a_record,
    an_object,
    any_whole,
    clock,
    member,
    name,
    number,
    whole,
)
from server.interchange.strict_json import shown

Json = dict[str, Any]

_WHOLE_CRITERIA = {"threshold_percent", "min_baseline", "not_met_readings"}


def read_protocol(value: Any, path: str) -> Protocol:
    """A protocol from its JSON: `"standard"`, or an object with the list of assessments.

    :raises Invalid: with a path that starts with `path`
    """
    if value == "standard":
        return STANDARD
    if not isinstance(value, dict):
        raise Invalid(path, f'{shown(value)} is neither "standard" nor an object')
    planned = a_list(
        a_record(value, path, ("assessments",))["assessments"], member(path, "assessments")
    )
    return Protocol(
        "custom",
        tuple(
            _planned(each, f"{member(path, 'assessments')}[{index}]")
            for index, each in enumerate(planned)
        ),
    )


def read_criteria(value: Any, path: str) -> Criteria:
    """Criteria from their JSON object; what it leaves out has its default.

    :raises Invalid: with a path that starts with `path`
    """
    given = a_record(value, path, (), [field.name for field in fields(Criteria)])
    read: Json = {}
    for key, item in given.items():
        place = member(path, key)
        read[key] = (
            any_whole(item, place) if key in _WHOLE_CRITERIA else number(item, place, MOST_MINUTES)
        )
    try:
        return Criteria(**read)
    except Invalid as fault:
        key = fault.path.removeprefix("criteria.")
        raise Invalid(member(path, key), f"{shown(given[key])} {fault.problem}") from None


def _planned(value: Any, path: str) -> PlannedAssessment:
    given = an_object(value, path)
    daily = "day" in given or ("at" in given and "after_minutes" not in given)
    found = a_record(given, path, ("id", "day", "at") if daily else ("id", "after_minutes"))
    planned_id = name(found["id"], f"{path}.id")
    if not daily:
        minutes = number(found["after_minutes"], f"{path}.after_minutes", MOST_MINUTES)
        if minutes <= 0:
            raise Invalid(
                f"{path}.after_minutes", f"{shown(found['after_minutes'])} is not above 0"
            )
        return PlannedAssessment(planned_id, after_minutes=minutes)
    return PlannedAssessment(
        planned_id,
        day=whole(found["day"], f"{path}.day", 0, MOST_DAYS),
        at=clock(found["at"], f"{path}.at"),
    )


def protocol_json(protocol: Protocol) -> Json:
    """A protocol's assessments in full, as `read_protocol` reads them."""
    return {
        "assessments": [
            {"id": planned.id, "after_minutes": json_number(planned.after_minutes)}
            if planned.after_minutes is not None
            else {"id": planned.id, "day": planned.day, "at": f"{planned.at:%H:%M}"}
            for planned in protocol.assessments
        ]
    }


def criteria_json(criteria: Criteria) -> Json:
    """All nine criteria, as `read_criteria` reads them."""
    return {key: json_number(value) for key, value in asdict(criteria).items()}


def json_number(value: Fraction | int | None) -> int | float | None:
    """Whole if it can be, else the nearest double."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)
