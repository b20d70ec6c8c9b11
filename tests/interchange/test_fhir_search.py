"""What a search asks for: dates with prefixes, tokens, references, and pages that leave nothing out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server.domain.dossier import Dossier
from server.interchange.fhir.bundle import of_kind
from server.interchange.fhir.capability import capability_statement
from server.interchange.fhir.dates import date_wanted
from server.interchange.fhir.elements import made_id, owner
from server.interchange.fhir.search import Search, SearchRefused, search
from server.interchange.fhir.searchset import MOST_BLOCKS, page, searchset
from tests.interchange.dossiers import T0, a_dossier, an_entry, entry_id, everything
from tests.interchange.test_fhir import BASE, check

NEW_YORK = ZoneInfo("America/New_York")
SECOND = timedelta(seconds=1)


def asked(kind: str, *given: tuple[str, str], strict: bool = False) -> Search:
    return search(kind, given, BASE, NEW_YORK, strict=strict)


def ids(resources: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in resources]


@pytest.mark.parametrize(
    ("text", "low", "seconds"),
    [
        ("2026", datetime(2026, 1, 1, 5, tzinfo=UTC), 365 * 86_400),
        ("2026-03", datetime(2026, 3, 1, 5, tzinfo=UTC), 31 * 86_400 - 3_600),
        ("2026-12", datetime(2026, 12, 1, 5, tzinfo=UTC), 31 * 86_400),
        ("2026-03-08", datetime(2026, 3, 8, 5, tzinfo=UTC), 23 * 3_600),  # the clocks change
        ("2026-03-02T14:30Z", datetime(2026, 3, 2, 14, 30, tzinfo=UTC), 60),
        ("2026-03-02T14:30:05-05:00", datetime(2026, 3, 2, 19, 30, 5, tzinfo=UTC), 1),
        ("2026-03-02T14:30:05 01:00", datetime(2026, 3, 2, 13, 30, 5, tzinfo=UTC), 1),
        ("2026-03-02T14:30:05.25Z", datetime(2026, 3, 2, 14, 30, 5, 250_000, UTC), 0.01),
    ],
)
def test_a_date_means_all_of_it_in_the_clinics_zone(
    text: str, low: datetime, seconds: float
) -> None:
    wanted = date_wanted(text, NEW_YORK)
    assert (wanted.low, wanted.high) == (low, low + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("prefix", "below", "first", "last", "above"),
    [
        ("", False, True, True, False),
        ("eq", False, True, True, False),
        ("ne", True, False, False, True),
        ("lt", True, False, False, False),
        ("eb", True, False, False, False),
        ("gt", False, False, False, True),
        ("sa", False, False, False, True),
        ("ge", False, True, True, True),
        ("le", True, True, True, False),
    ],
)
def test_a_prefix_takes_what_is_below_at_and_above(
    prefix: str, below: bool, first: bool, last: bool, above: bool
) -> None:
    wanted = date_wanted(f"{prefix}2026-03-02", NEW_YORK)
    low, high = wanted.low, wanted.high
    instants = (low - SECOND, low, high - SECOND, high)
    assert tuple(map(wanted.holds, instants)) == (below, first, last, above)
    for at, holds in zip(instants, (below, first, last, above), strict=True):
        inside = (wanted.since is None or wanted.since <= at) and (
            wanted.until is None or at < wanted.until
        )
        assert inside or not holds, "what the database leaves out could have been asked for"


@pytest.mark.parametrize(
    "text", ["", "ap2026", "xx2026", "2026-13", "2026-02-30", "2026-3-2", "yesterday", "9999"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        date_wanted(text, NEW_YORK)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("72514-3", True),
        ("http://loinc.org|72514-3", True),
        ("http://loinc.org|", True),
        ("|72514-3", False),
        ("urn:block-diary:codes|72514-3", False),
        ("verdict,72514-3", True),
        ("verdict", False),
        ("7251", False),
    ],
)
def test_a_code_is_searched_for_with_and_without_its_system(text: str, found: bool) -> None:
    score = of_kind(everything(), BASE, "Observation")
    pain = next(each for each in score if each["code"]["coding"][0]["code"] == "72514-3")
    assert asked("Observation", ("code", text)).holds(pain) == found


@pytest.mark.parametrize(
    "reference", ["{}", "Patient/{}", BASE + "/Patient/{}", "nobody,Patient/{}"]
)
def test_a_patient_is_searched_for_in_every_form(reference: str) -> None:
    of = everything()
    (procedure,) = of_kind(of, BASE, "Procedure")
    ours = reference.format(of.details.patient_id)
    assert asked("Procedure", ("patient", ours)).holds(procedure)
    assert not asked("Procedure", ("patient", str(UUID(int=1)))).holds(procedure)


@pytest.mark.parametrize(
    "reference", ["Procedure/1", "https://elsewhere.example/fhir/Patient/1", "Patient/1/2"]
)
def test_a_reference_to_something_else_is_refused(reference: str) -> None:
    with pytest.raises(SearchRefused):
        asked("Procedure", ("patient", reference))


def test_dates_are_those_of_the_corrected_times() -> None:
    of = everything()
    late = asked("Observation", ("date", "ge2026-03-02T17:30Z"), ("date", "lt2026-03-02T19:00Z"))
    found = [each for each in of_kind(of, BASE, "Observation") if late.holds(each)]
    times = {each["effectiveDateTime"] for each in found}
    assert {"2026-03-02T17:31:00Z", "2026-03-02T18:31:00Z"} <= times
    assert all("2026-03-02T17:30" <= each < "2026-03-02T19:00" for each in times)
    assert (late.since, late.until) == (
        T0 + timedelta(hours=3),
        T0 + timedelta(hours=4, minutes=30),
    )
    either = asked("Observation", ("date", "2026-03-02,2026-03-05"))
    assert either.since == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert asked("Observation", ("date", "ge2026,lt2020")).since is None


def test_what_is_not_offered_is_left_out_and_told_or_refused_if_that_is_preferred() -> None:
    lenient = asked("Observation", ("colour", "red"), ("_sort", "date"), ("code", ""))
    assert (lenient.ignored, lenient.used) == (("colour", "_sort"), ())
    made = searchset([], lenient, None, BASE)
    check(made)
    (told,) = made["entry"]
    assert told["search"]["mode"] == "outcome"
    assert "colour, _sort" in told["resource"]["issue"][0]["diagnostics"]
    assert made["link"] == [{"relation": "self", "url": f"{BASE}/Observation"}]
    with pytest.raises(SearchRefused, match="colour"):
        asked("Observation", ("colour", "red"), strict=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code:text", "pain"),
        ("patient.identifier", "P-1001"),
        ("_count", "0"),
        ("_count", "many"),
        ("_count", "-1"),
        ("date", "ap2026"),
        ("_after", "2026-03-02~x~"),
        ("_after", "2026-02-30~00000000-0000-0000-0000-00000000b10c~"),
    ],
)
def test_what_cannot_be_left_out_is_refused(name: str, value: str) -> None:
    with pytest.raises(SearchRefused, match=name.split(":")[0]):
        asked("Observation", (name, value))


def blocks(number: int) -> list[Dossier]:
    """So many blocks, each with some scores and missed assessments."""
    made = []
    for each in range(number):
        of = a_dossier(an_entry(1, -20, {"main": 7}, kind="baseline"), an_entry(2, 61, {"main": 1}))
        made.append(replace(of, details=replace(of.details, id=UUID(int=0xB10C + each))))
    return made


def walk(found: list[Dossier], first: Search) -> Iterator[list[dict[str, Any]]]:
    """Every page, as a client follows the links."""
    current: Search | None = first
    while current is not None:
        after = current.after
        rest = found
        if after is not None:
            (index,) = [n for n, of in enumerate(found) if of.details.id == after.block_id]
            rest = found[index:]
        chosen, following, _ = page(rest, current, BASE)
        made = searchset(chosen, current, following, BASE)
        yield chosen
        links = {each["relation"]: each["url"] for each in made["link"]}
        assert ("next" in links) == (following is not None)
        if following is not None:
            assert f"_count={current.count}" in links["next"]
        current = following and asked(
            current.kind, ("_count", str(current.count)), ("_after", str(following))
        )


@pytest.mark.parametrize("count", [1, 7, 200])
def test_pages_of_any_size_hold_everything_once(count: int) -> None:
    found = blocks(3)
    whole = [each for of in found for each in ids(of_kind(of, BASE, "Observation"))]
    pages = list(walk(found, asked("Observation", ("_count", str(count)))))
    assert [each for some in pages for each in ids(some)] == whole
    assert len(whole) > 20 and all(len(some) <= count for some in pages)


def test_the_last_page_that_is_just_full_names_no_next() -> None:
    found = blocks(1)
    number = len(of_kind(found[0], BASE, "Observation"))
    for count, pages in ((number - 1, 2), (number, 1), (number + 1, 1)):
        assert len(list(walk(found, asked("Observation", ("_count", str(count)))))) == pages


def test_a_page_looks_through_no_more_blocks_than_it_may_and_goes_on_from_there() -> None:
    (one,) = blocks(1)
    nothing = asked("Procedure", ("code", "nothing"))
    chosen, following, _ = page(repeat(one), nothing, BASE)
    assert (chosen, following is not None) == ([], True)
    assert page([one] * MOST_BLOCKS, nothing, BASE)[1] is None
    assert page([one] * (MOST_BLOCKS + 1), nothing, BASE)[1] is not None


def test_an_id_leads_back_to_what_it_was_made_from() -> None:
    assert owner(made_id(entry_id(3), "score", "left")) == entry_id(3)
    assert owner(str(entry_id(3))) == entry_id(3)
    for odd in ("", "pain-diary", f"{entry_id(3)}.x", str(entry_id(3)).replace("-", "")):
        assert owner(odd) is None


def test_the_capability_statement_is_r4() -> None:
    """The schema is that of 4.0.0 and does not know 4.0.1, its correction, by name."""
    made = capability_statement(BASE, "0.1.0", T0)
    assert made["fhirVersion"] == "4.0.1"
    check(made | {"fhirVersion": "4.0.0"})
