from datetime import UTC, datetime, timedelta

import pytest

from server.domain.diary import ReportEntry, judge, standing
from server.domain.errors import Invalid

FELT = datetime(2026, 3, 2, 16, tzinfo=UTC)


def entry(name, replaces=None, recorded=0):
    return ReportEntry(
        name, FELT, FELT + timedelta(minutes=recorded), {"main": 1}, (), None, replaces
    )


def test_every_entry_is_judged_and_the_replaced_ones_do_not_stand():
    judged = judge([entry("c", "b", 10), entry("a"), entry("b", "a", 61)])
    assert [each.entry.id for each in judged] == ["a", "c", "b"]
    assert [each.standing for each in judged] == [False, True, False]
    assert [each.momentary for each in judged] == [True, True, False]
    assert [each.corrected for each in judged] == [False, True, False]


def test_standing_entries_keep_the_order_of_the_diary():
    found = standing([entry("b"), entry("a"), entry("c", recorded=-1)])
    assert [each.entry.id for each in found] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("entries[1].id", [entry("a"), entry("a")]),
        ("entries[0].replaces", [entry("a", "b")]),
        ("entries[1].replaces", [entry("a"), entry("b", "b")]),
        ("entries[0].replaces", [entry("a", "b"), entry("b", "a")]),
        ("entries[1].replaces", [entry("a", "b"), entry("b", "c"), entry("c", "b")]),
    ],
)
def test_a_diary_that_contradicts_itself_is_refused_at_its_place(path, entries):
    with pytest.raises(Invalid) as refusal:
        judge(entries)
    assert refusal.value.path == path


def test_a_chain_of_many_corrections_is_followed_to_its_end():
    chain = [entry("0"), *(entry(str(each), str(each - 1)) for each in range(1, 20_000))]
    for order in (chain, chain[::-1]):
        assert [each.entry.id for each in standing(order)] == ["19999"]
