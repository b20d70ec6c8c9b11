"""What a search asks for, read from its parameters as FHIR says (R4, search): pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Literal
from uuid import UUID

from server.interchange.fhir.dates import DateWanted, date_wanted
from server.interchange.fhir.elements import Json, owner

Sort = Literal["token", "reference", "date"]


@dataclass(frozen=True)
class Parameter:
    """A search parameter: its sort, and where its values stand in the resource."""

    sort: Sort
    place: str  #: an element
    refers_to: str = ""  #: the type that a reference has to have


_ID = Parameter("token", "id")
_PATIENT = Parameter("reference", "subject", "Patient")
_CODE = Parameter("token", "code")
_PART_OF = Parameter("reference", "partOf", "Procedure")

#: By type, what can be searched by. What has no line here cannot be searched, only read.
SEARCHABLE: Mapping[str, Mapping[str, Parameter]] = {
    "Patient": {"_id": _ID, "identifier": Parameter("token", "identifier")},
    "Procedure": {
        "_id": _ID,
        "patient": _PATIENT,
        "date": Parameter("date", "performedDateTime"),
        "code": _CODE,
    },
    "QuestionnaireResponse": {
        "_id": _ID,
        "patient": _PATIENT,
        "authored": Parameter("date", "authored"),
        "part-of": _PART_OF,
    },
    "Observation": {
        "_id": _ID,
        "patient": _PATIENT,
        "date": Parameter("date", "effectiveDateTime"),
        "code": _CODE,
        "part-of": _PART_OF,
    },
    "DiagnosticReport": {
        "_id": _ID,
        "patient": _PATIENT,
        "date": Parameter("date", "effectiveDateTime"),
        "code": _CODE,
    },
}
USUAL_COUNT = 50
MOST_COUNT = 200
#: Ours: where the next page begins.
AFTER = "_after"
#: Understood everywhere, and nothing that narrows.
_GENERAL = frozenset({"_count", "_format", "_pretty", AFTER})
_POSITION = re.compile(r"(\d{4}-\d\d-\d\d)~([0-9a-f-]{36})~([0-9a-f.-]{0,64})")


class SearchRefused(Exception):
    """The search cannot be done as it was asked; `code` is FHIR's issue type."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Position:
    """Where a page begins: in this block, after this resource ("": at its first)."""

    planned_on: date
    block_id: UUID
    resource_id: str

    def __str__(self) -> str:
        return f"{self.planned_on}~{self.block_id}~{self.resource_id}"


@dataclass(frozen=True)
class Condition:
    """One parameter as it was given: any of its values will do."""

    parameter: Parameter
    texts: tuple[str, ...]
    dates: tuple[DateWanted, ...]

    def holds(self, resource: Json) -> bool:
        found = resource.get(self.parameter.place)
        if found is None:
            return False
        if self.parameter.sort == "date":
            at = datetime.fromisoformat(found)
            return any(each.holds(at) for each in self.dates)
        test = _is_token if self.parameter.sort == "token" else self._refers
        return any(test(found, text) for text in self.texts)

    def _refers(self, found: Json | list[Json], text: str) -> bool:
        each = found if isinstance(found, list) else [found]
        return any(one["reference"] == f"{self.parameter.refers_to}/{text}" for one in each)

    @property
    def ids(self) -> set[UUID]:
        """What the wanted resources belong to, where ids are asked for."""
        return {found for text in self.texts if (found := owner(text)) is not None}


@dataclass(frozen=True)
class Search:
    """A search that can be done. `used` is what it is repeated with, `ignored` what was left out."""

    kind: str
    conditions: Mapping[str, tuple[Condition, ...]]
    count: int
    after: Position | None
    used: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]

    def holds(self, resource: Json) -> bool:
        """Is the resource asked for?"""
        return all(each.holds(resource) for some in self.conditions.values() for each in some)

    def ids(self, name: str) -> set[UUID] | None:
        """Whose ids are asked for; None if the parameter was not given."""
        given = [each.ids for each in self.conditions.get(name, ())]
        return set.intersection(*given) if given else None

    @property
    def since(self) -> datetime | None:
        """Nothing before this is asked for; None: there is no such end."""
        return max(self._ends(lambda each: each.since, min), default=None)

    @property
    def until(self) -> datetime | None:
        """Nothing from this on is asked for; None: there is no such end."""
        return min(self._ends(lambda each: each.until, max), default=None)

    def _ends(
        self,
        end_of: Callable[[DateWanted], datetime | None],
        widest: Callable[[Iterable[datetime]], datetime],
    ) -> Iterable[datetime]:
        for condition in (each for some in self.conditions.values() for each in some):
            ends = [end_of(each) for each in condition.dates]
            known = [each for each in ends if each is not None]
            if known and len(known) == len(ends):
                yield widest(known)


def search(
    kind: str, given: Iterable[tuple[str, str]], base: str, zone: tzinfo, *, strict: bool
) -> Search:
    """Read the parameters of a search.

    :param kind: one of `SEARCHABLE`
    :param given: names and values in their order
    :param base: our own address, which references may carry
    :param zone: where dates without a zone are meant
    :param strict: refuse what is not offered, in place of leaving it out and saying so
    :raises SearchRefused: a value cannot be read, or something is asked for that cannot be left out
    """
    conditions: dict[str, tuple[Condition, ...]] = {}
    used, ignored = [], []
    count, after = USUAL_COUNT, None
    for name, value in given:
        parameter = SEARCHABLE[kind].get(name)
        if not value:
            continue  # as if it had not been given
        if name == "_count":
            count = _count(value)
        elif name == AFTER:
            after = _position(value)
            continue
        elif name in _GENERAL:
            continue
        elif parameter is not None:
            found = _condition(name, parameter, value, base, zone)
            conditions[name] = (*conditions.get(name, ()), found)
        elif re.split("[:.]", name)[0] in SEARCHABLE[kind]:
            raise SearchRefused("not-supported", f"{name}: modifiers and chains are not offered")
        elif strict:
            raise SearchRefused("not-supported", f"{name} is not offered for {kind}")
        else:
            ignored.append(name)
            continue
        used.append((name, value))
    return Search(kind, conditions, count, after, tuple(used), tuple(ignored))


def _condition(name: str, parameter: Parameter, value: str, base: str, zone: tzinfo) -> Condition:
    texts = [part.replace("\\,", ",") for part in re.split(r"(?<!\\),", value)]
    if parameter.sort == "date":
        try:
            dates = tuple(date_wanted(text, zone) for text in texts)
        except ValueError as error:
            raise SearchRefused("invalid", f"{name}: {error}") from None
        return Condition(parameter, (), dates)
    if parameter.sort == "reference":
        texts = [
            text.removeprefix(f"{base}/").removeprefix(f"{parameter.refers_to}/") for text in texts
        ]
        if wrong := [text for text in texts if "/" in text]:
            raise SearchRefused("invalid", f"{name}: {wrong[0]} is no {parameter.refers_to} here")
    return Condition(parameter, tuple(texts), ())


def _is_token(found: Any, text: str) -> bool:
    """`system|code`, `|code` (without a system), `system|` (any code) or `code` alone.

    :param found: an id, a CodeableConcept, or Identifiers
    """
    if isinstance(found, str):
        return found == text
    system, bar, code = text.rpartition("|")
    codes = found["coding"] if isinstance(found, dict) else found
    return any(
        (not bar or system == each.get("system", ""))
        and ((bar and not code) or code == each.get("value", each.get("code")))
        for each in codes
    )


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) == 0:
        raise SearchRefused("invalid", "_count: give a whole number from 1; totals are not offered")
    return min(int(value), MOST_COUNT)


def _position(value: str) -> Position:
    found = _POSITION.fullmatch(value)
    try:
        assert found is not None
        return Position(date.fromisoformat(found[1]), UUID(found[2]), found[3])
    except (AssertionError, ValueError):
        raise SearchRefused("invalid", f"{AFTER}: use the link to the next page as it is") from None
