"""Backup alarms as an iCalendar file, for phones whose own calendar rings: no word of health in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm as DisplayAlarm
from icalendar import Calendar, Event, vText

TITLE = "Diary"
WORDS = "Time for your entry."
LENGTH = timedelta(minutes=5)


@dataclass(frozen=True)
class Alarm:
    """One event that rings. `uid` stays the same, so that an event added again replaces itself."""

    uid: str
    at: datetime  #: aware


def calendar(alarms: Iterable[Alarm], now: datetime) -> bytes:
    """The file, one event for each alarm, which rings when it begins.

    :param now: aware; when the file was made
    """
    file = Calendar()
    file.add("prodid", "-//Block Diary//EN")
    file.add("version", "2.0")
    for alarm in alarms:
        event = Event()
        event.add("uid", alarm.uid)
        event.add("dtstamp", now)
        event.add("dtstart", alarm.at)
        event.add("dtend", alarm.at + LENGTH)
        event.add("summary", TITLE)
        event.add("transp", "TRANSPARENT")
        event.add_component(_rings())
        file.add_component(event)
    return bytes(file.to_ical())


def _rings() -> DisplayAlarm:
    """At the very start. Some calendars import nothing, and say nothing, unless the trigger comes
    last and reads like this; the library's own way to write no time at all is rarer."""
    alarm = DisplayAlarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", WORDS)
    alarm["trigger"] = vText("PT0M")
    return alarm
