"""Backup alarms: what is still to come rings, in words that tell nothing, for its own phone alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from icalendar import Calendar

from tests.builders import (
    NOON,
    PUBLIC_URL,
    Phone,
    TestClock,
    World,
    an_entry,
    injection_done,
)


def file_of(phone: Phone) -> str:
    answer = phone.client.get("/alarms", base_url=PUBLIC_URL, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.text


def minutes_of(text: str) -> list[float]:
    """When the events begin, in minutes after the block."""
    events = Calendar.from_ical(text).walk("VEVENT")
    return [(each["DTSTART"].dt - NOON) / timedelta(minutes=1) for each in events]


@pytest.fixture
def done(phone: Phone, world: World) -> Phone:
    phone.sync(injection_done(world.block.id, NOON))
    return phone


def test_each_time_to_come_rings_once_it_begins(done: Phone) -> None:
    text = file_of(done)
    assert minutes_of(text)[:5] == [15, 30, 60, 120, 180]
    events = Calendar.from_ical(text).walk("VEVENT")
    assert len({str(each["UID"]) for each in events}) == len(events) == 14
    for event in text.split("BEGIN:VEVENT")[1:]:
        assert "\r\nTRIGGER:PT0M\r\nEND:VALARM\r\n" in event


def test_its_words_tell_nothing(done: Phone) -> None:
    events = Calendar.from_ical(file_of(done)).walk("VEVENT")
    assert {str(each["SUMMARY"]) for each in events} == {"Diary"}
    alarms = Calendar.from_ical(file_of(done)).walk("VALARM")
    assert {str(each["DESCRIPTION"]) for each in alarms} == {"Time for your entry."}


def test_added_again_it_replaces_itself_and_leaves_out_what_passed_or_is_answered(
    done: Phone, clock: TestClock, world: World
) -> None:
    first = {str(each["UID"]) for each in Calendar.from_ical(file_of(done)).walk("VEVENT")}
    clock.advance(minutes=50)
    done.sync(an_entry(world.block.id, NOON + timedelta(minutes=50)))  # in the 1 h window
    text = file_of(done)
    assert minutes_of(text)[:2] == [120, 180]
    again = {str(each["UID"]) for each in Calendar.from_ical(text).walk("VEVENT")}
    assert again < first


def test_before_the_block_nothing_rings(phone: Phone) -> None:
    answer = phone.client.get("/alarms.ics", base_url=PUBLIC_URL)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "no_alarms")


def test_it_is_for_an_enrolled_phone_alone(new_phone: Callable[[], Phone]) -> None:
    for address in ("/alarms", "/alarms.ics"):
        answer = new_phone().client.get(address, base_url=PUBLIC_URL, follow_redirects=True)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "not_enrolled")
