"""What a patient chooses on a phone: quiet hours, the zone that the diary follows, ten minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from server.storage import audit, blocks, models
from server.storage.db import Database
from server.storage.vault import Vault
from tests.builders import (
    NOON,
    Phone,
    TestClock,
    World,
    an_entry,
    another_invitation,
    injection_done,
    quiet_hours,
    stamp,
    zone_followed,
)

T0 = NOON
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def started(phone: Phone, world: World) -> Phone:
    """The phone of a patient whose block was done at noon in London."""
    phone.sync(injection_done(world.block.id, T0))
    return phone


@pytest.fixture
def second(
    new_phone: Callable[[], Phone], database: Database, vault: Vault, world: World, started: Phone
) -> Phone:
    """Another phone of the same patient."""
    enrolled = new_phone()
    enrolled.redeem(token=another_invitation(database, vault, world).token)
    return enrolled


def due(database: Database, attempt: str = "prompt") -> dict[str, str]:
    """By assessment, the local time in London at which what is still planned rings."""
    with database.reading() as session:
        rows = session.scalars(
            select(models.Reminder).where(
                models.Reminder.attempt == attempt, models.Reminder.state == "planned"
            )
        )
        return {row.assessment_id: f"{row.due_at:%d %H:%M}" for row in rows}


def quiet(phone: Phone) -> tuple[str, str]:
    state = phone.sync()["state"]
    return state["quiet_start"], state["quiet_end"]


# ---- quiet hours ----


def test_quiet_hours_are_half_past_nine_to_half_past_seven_until_chosen(
    started: Phone, database: Database
) -> None:
    assert quiet(started) == ("21:30", "07:30")
    assert "12h" not in due(database)  # midnight
    assert due(database)["day1"] == "03 18:00"


def test_the_patients_quiet_hours_move_the_reminders_and_reach_their_other_phone(
    started: Phone, second: Phone, database: Database
) -> None:
    assert started.outcomes(quiet_hours("17:00", "19:00", T0)) == ["stored"]
    assert quiet(second) == ("17:00", "19:00")
    assert due(database)["12h"] == "03 00:00"
    assert "day1" not in due(database)
    assert due(database)["6h"] == "02 18:00"  # the first eight hours always ring
    started.sync(quiet_hours("22:00", "22:00", T0 + MINUTE))  # none
    assert {"12h", "day1"} <= set(due(database))


def test_of_two_phones_the_choice_made_last_counts_whatever_arrives_last(
    started: Phone, second: Phone
) -> None:
    later, earlier = quiet_hours("20:00", "08:00", T0 + MINUTE), quiet_hours("23:00", "06:00", T0)
    assert second.outcomes(later) == ["stored"]
    assert started.outcomes(earlier) == ["stored"]
    assert quiet(started) == quiet(second) == ("20:00", "08:00")


def test_a_choice_made_by_a_wrong_clock_is_put_where_it_belongs(started: Phone) -> None:
    fast = started.with_clock_ahead(hours=2)
    wrong = T0 + 2 * HOUR  # really at noon
    fast.sync(quiet_hours("23:00", "06:00", wrong, clock_difference_seconds=-7200.0))
    started.sync(quiet_hours("20:00", "08:00", T0 + MINUTE))
    assert quiet(started) == ("20:00", "08:00")


def test_a_choice_is_taken_once_and_another_under_its_id_is_not(started: Phone) -> None:
    item = quiet_hours("20:00", "08:00", T0)
    assert started.outcomes(item) == ["stored"]
    started.sync(quiet_hours("23:00", "06:00", T0 + MINUTE))
    assert started.outcomes(item) == ["duplicate"]
    assert started.outcomes(item | {"end": "09:00"}) == ["rejected id_taken"]
    assert quiet(started) == ("23:00", "06:00")


@pytest.mark.parametrize("bad", ["24:00", "7:30", "07:60", "", "noon", "07:30:00"])
def test_what_is_no_time_of_day_is_refused(started: Phone, bad: str) -> None:
    assert started.outcomes(quiet_hours(bad, "07:30", T0)) == ["rejected invalid"]
    assert started.outcomes(quiet_hours("07:30", bad, T0)) == ["rejected invalid"]


# ---- the zone ----


def zone_events(database: Database, world: World) -> list[models.AuditEvent]:
    with database.reading() as session:
        events = audit.about(session, world.clinic.id, f"block:{world.block.id}")
        return [each for each in events if each.action == "block.zone_changed"]


def test_a_zone_that_the_patient_accepts_moves_the_daily_reminders_and_is_audited(
    started: Phone, world: World, database: Database
) -> None:
    before = due(database)
    assert before["day1"] == "03 18:00"
    answer = started.sync(zone_followed(world.block.id, T0))
    assert answer["results"][0]["outcome"] == "stored"
    assert answer["state"]["blocks"][0]["timezone"] == "America/New_York"
    after = due(database)
    assert (after["day1"], after["day3"]) == ("03 23:00", "05 23:00")
    assert {name: after[name] for name in ("1h", "8h")} == {
        name: before[name] for name in ("1h", "8h")
    }
    assert after["12h"] == "03 00:00"  # 19:00 there: not quiet any more
    (event,) = zone_events(database, world)
    assert event.actor.startswith("device:")
    assert event.details == {"timezone": "America/New_York", "before": "Europe/London"}


def test_the_zone_accepted_last_counts_and_the_same_one_again_is_no_change(
    started: Phone, second: Phone, world: World, database: Database
) -> None:
    tokyo = zone_followed(world.block.id, T0 + HOUR, timezone="Asia/Tokyo")
    assert second.outcomes(tokyo) == ["stored"]
    assert started.outcomes(zone_followed(world.block.id, T0)) == ["stored"]
    assert second.outcomes(tokyo) == ["duplicate"]
    [block] = started.sync()["state"]["blocks"]
    assert block["timezone"] == "Asia/Tokyo"
    assert len(zone_events(database, world)) == 1


def test_an_answer_in_the_moved_window_settles_the_moved_reminder(
    started: Phone, world: World, clock: TestClock, database: Database
) -> None:
    started.sync(zone_followed(world.block.id, T0))
    clock.advance(days=1, hours=12)  # 00:00 in London, 19:00 in New York
    started.sync(an_entry(world.block.id, clock.now))
    assert "day1" not in due(database)


@pytest.mark.parametrize("name", ["Mars/Olympus", "london", "../etc/passwd", "/etc/localtime"])
def test_a_zone_that_nobody_knows_is_refused(started: Phone, world: World, name: str) -> None:
    item = zone_followed(world.block.id, T0, timezone=name)
    assert started.outcomes(item) == ["rejected unknown_zone"]


def test_a_cancelled_block_keeps_its_zone(started: Phone, world: World, database: Database) -> None:
    with database.transaction() as session:
        blocks.cancel(session, blocks.get(session, world.clinic.id, world.block.id), "x", T0)
    assert started.outcomes(zone_followed(world.block.id, T0)) == ["stored"]
    [block] = started.sync()["state"]["blocks"]
    assert block["timezone"] == "Europe/London"
    assert zone_events(database, world) == []


# ---- ten minutes ----


@pytest.fixture
def delivery(started: Phone, world: World, database: Database, clock: TestClock) -> UUID:
    """The first hour's reminder on its way to the phone, its window just opened."""
    browser = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
    }
    assert started.request("PUT", "subscription", browser).status_code == 200
    with database.transaction() as session:
        reminder_id = session.scalars(
            select(models.Reminder.id).where(
                models.Reminder.assessment_id == "1h", models.Reminder.attempt == "prompt"
            )
        ).one()
        sent = models.ReminderDelivery(
            clinic_id=world.clinic.id,
            reminder_id=reminder_id,
            subscription_id=session.scalars(select(models.Subscription.id)).one(),
            accepted_at=T0 + HOUR,
        )
        session.add(sent)
        session.flush()
        sent_id = sent.id
    clock.now = T0 + HOUR
    return sent_id


def put_off(phone: Phone, delivery: UUID) -> tuple[int, Any]:
    answer = phone.request("POST", "snooze", {"delivery": str(delivery)})
    body = answer.get_json()
    return answer.status_code, body.get("due_at") or body["error"]["code"]


def test_a_reminder_is_put_off_by_ten_minutes_once(
    started: Phone, delivery: UUID, clock: TestClock, database: Database
) -> None:
    assert put_off(started, delivery) == (200, stamp(T0 + 70 * MINUTE))
    clock.advance(minutes=1)
    assert put_off(started, delivery) == (200, stamp(T0 + 70 * MINUTE))
    assert due(database, "snoozed") == {"1h": "02 13:10"}


def test_it_is_not_put_off_past_its_window(
    started: Phone, delivery: UUID, clock: TestClock
) -> None:
    clock.now = T0 + 80 * MINUTE  # the window ends at 90
    assert put_off(started, delivery) == (409, "too_late")


def test_what_is_answered_is_not_put_off(
    started: Phone, delivery: UUID, world: World, clock: TestClock
) -> None:
    started.sync(an_entry(world.block.id, clock.now))
    assert put_off(started, delivery) == (409, "answered")


def test_an_unknown_reminder_is_not_put_off(started: Phone) -> None:
    assert put_off(started, uuid4()) == (404, "not_found")
