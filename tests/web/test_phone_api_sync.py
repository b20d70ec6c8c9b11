"""The sync: every item exactly once, each alone, nothing lost and nobody else's."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from server.storage import audit, blocks, diary_entries, models
from server.storage.db import Database
from server.storage.vault import Vault
from tests.builders import (
    NOON,
    Item,
    Phone,
    TestClock,
    World,
    an_entry,
    another_invitation,
    injection_done,
    new_block,
    new_protocol,
    new_world,
    stamp,
)

T0 = NOON


def stored(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        rows = session.scalars(select(models.DiaryEntry).order_by(models.DiaryEntry.felt_at))
        return [row.content for row in rows]


def count(database: Database, table: type[Any]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def block_id(world: World) -> UUID:
    return world.block.id


def test_an_entry_is_stored_as_it_was_sent_and_given_back(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    sent = an_entry(
        block_id,
        NOON,
        activities=["walking"],
        rescue_at=stamp(NOON - timedelta(minutes=5)),
        note="naïve – 😀",
        stated_percent=80,
        answered_by="helper",
        layout="buttons 360x640",
    )
    answer = phone.sync(sent)
    assert answer["results"] == [
        {
            "id": sent["id"],
            "outcome": "stored",
            "reason": None,
            "message": None,
            "received_at": stamp(NOON),
        }
    ]
    [given_back] = answer["state"]["entries"]
    assert sent.items() <= given_back["entry"].items()
    assert given_back["received_at"] == stamp(NOON)
    assert sent.items() <= stored(database)[0].items()


def test_after_effects_are_kept_and_given_back(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    sent = an_entry(block_id, NOON, after_effects=["soreness", "infection"])
    [given_back] = phone.sync(sent)["state"]["entries"]
    assert given_back["entry"]["after_effects"] == ["soreness", "infection"]
    assert stored(database)[0]["after_effects"] == ["soreness", "infection"]


def test_an_entry_of_before_after_effects_were_asked_is_the_same_when_sent_again(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    sent = an_entry(block_id, NOON)
    phone.sync(sent)
    assert "after_effects" not in stored(database)[0]  # as the first release stored it
    [again] = phone.sync({**sent, "after_effects": []})["results"]
    assert again["outcome"] == "duplicate"


def test_an_after_effect_of_no_known_kind_is_refused_alone(phone: Phone, block_id: UUID) -> None:
    odd = an_entry(block_id, NOON, after_effects=["fright"])
    assert phone.outcomes(odd, an_entry(block_id, NOON)) == ["rejected invalid", "stored"]


def test_the_same_item_again_is_a_duplicate_and_the_original_answers(
    phone: Phone, database: Database, clock: TestClock, block_id: UUID
) -> None:
    sent = an_entry(block_id, NOON)
    phone.sync(sent)
    clock.advance(hours=2)
    [again] = phone.sync(sent)["results"]
    assert (again["outcome"], again["received_at"]) == ("duplicate", stamp(NOON))
    assert len(stored(database)) == 1


def test_the_same_content_written_differently_is_still_a_duplicate(
    phone: Phone, block_id: UUID
) -> None:
    sent = an_entry(block_id, NOON)
    phone.sync(sent)
    other = dict(reversed(sent.items())) | {
        "id": sent["id"].upper(),
        "felt_at": "2026-03-02T13:00:00.000+01:00",
        "clock_difference_seconds": 0,
        "note": None,
    }
    [again] = phone.sync(other)["results"]
    assert (again["id"], again["outcome"]) == (sent["id"].upper(), "duplicate")


def test_other_content_under_one_id_is_kept_for_review_once_and_the_answer_stays(
    phone: Phone, database: Database, clock: TestClock, world: World
) -> None:
    sent = an_entry(world.block.id, NOON)
    other = sent | {"scores": {"main": 9}}
    third = sent | {"scores": {"main": 8}}
    phone.sync(sent)
    clock.advance(minutes=1)
    [first] = phone.sync(other)["results"]
    clock.advance(minutes=1)
    [again] = phone.sync(other)["results"]
    assert first == again
    assert (first["outcome"], first["received_at"]) == ("conflict", stamp(NOON.replace(minute=1)))
    assert phone.outcomes(third, sent) == ["conflict", "duplicate"]
    with database.reading() as session:
        kept = diary_entries.conflicts_of_block(session, world.block)
    assert [row.content["scores"] for row in kept] == [{"main": 9}, {"main": 8}]
    assert [row["scores"] for row in stored(database)] == [{"main": 3}]


def test_conflicting_content_is_kept_even_if_it_names_another_block_or_site(
    phone: Phone, database: Database, world: World
) -> None:
    sent = an_entry(world.block.id, NOON)
    astray = sent | {"block_id": str(uuid4()), "scores": {"elsewhere": 1}}
    assert phone.outcomes(sent, astray) == ["stored", "conflict"]
    with database.reading() as session:
        [kept] = diary_entries.conflicts_of_block(session, world.block)
    assert kept.content["block_id"] == astray["block_id"]


def test_two_items_with_one_id_in_a_batch_are_stored_and_conflict_in_their_order(
    phone: Phone, block_id: UUID
) -> None:
    sent = an_entry(block_id, NOON)
    assert phone.outcomes(sent, sent, sent | {"note": "x"}, sent) == [
        "stored",
        "duplicate",
        "conflict",
        "duplicate",
    ]


BAD: list[tuple[Item, str]] = [
    ({"scores": {"main": 11}}, "scores[...]"),
    ({"scores": {"main": -1}}, "scores[...]"),
    ({"scores": {"main": 7.5}}, "scores[...]"),
    ({"scores": {"main": True}}, "scores[...]"),
    ({"scores": {"main": "3"}}, "scores[...]"),
    ({"scores": {"main": None}}, "scores[...]"),
    ({"scores": {"main": 10**300}}, "scores[...]"),
    ({"scores": [3]}, "scores"),
    ({"scores": {"": 3}}, "scores"),
    ({"felt_at": "2026-03-02T12:00:00"}, "felt_at"),
    ({"felt_at": "yesterday"}, "felt_at"),
    ({"felt_at": "0000-01-01T00:00:00Z"}, "felt_at"),
    ({"felt_at": "0001-01-01T00:00:00Z"}, "felt_at"),
    ({"felt_at": "0001-01-01T00:00:00+23:59"}, "felt_at"),
    ({"felt_at": "1899-12-31T23:59:59Z"}, "felt_at"),
    ({"recorded_at": "2500-01-01T00:00:00Z"}, "recorded_at"),
    ({"recorded_at": "9999-12-31T23:59:59-23:59"}, "recorded_at"),
    ({"rescue_at": "9999-12-31T23:59:59Z"}, "rescue_at"),
    ({"clock_measured_at": "0001-01-01T00:00:00Z"}, "clock_measured_at"),
    ({"clock_difference_seconds": 1e300}, "clock_difference_seconds"),
    ({"clock_difference_seconds": 10**400}, "clock_difference_seconds"),
    ({"clock_difference_seconds": float("nan")}, ""),
    ({"note": "a\0b"}, "note"),
    ({"zone": "a\0b"}, "zone"),
    ({"layout": "\0"}, "layout"),
    ({"activities": ["walking", "\0"]}, "activities"),
    ({"scores": {"ma\0in": 3}}, "scores"),
    ({"note": "x" * 1001}, "note"),
    ({"activities": ["x"] * 21}, "activities"),
    ({"kind": "guess"}, "kind"),
    ({"kind": "unable"}, "scores"),
    ({"colour": "red"}, ""),
    ({"type": "unheard_of"}, "type"),
    ({"block_id": "not an id"}, "block_id"),
    ({"replaces": 3}, "replaces"),
]


def test_a_bad_item_says_where_and_what_and_the_others_are_stored(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    good = [an_entry(block_id, NOON + timedelta(minutes=number)) for number in range(len(BAD))]
    bad = [an_entry(block_id, NOON) | change for change, _ in BAD]
    results = phone.sync(*chain.from_iterable(zip(bad, good, strict=True)))["results"]
    for item, (change, path), result in zip(bad, BAD, results[::2], strict=True):
        told = (result["id"], result["outcome"], result["reason"], result["received_at"])
        assert told == (item["id"], "rejected", "invalid", None), change
        assert result["message"].startswith(path), change
    assert {result["outcome"] for result in results[1::2]} == {"stored"}
    assert [row["id"] for row in stored(database)] == [item["id"] for item in good]


PERMITTED: list[Item] = [
    {"scores": {"main": 0}},
    {"scores": {"main": 10}},
    {"scores": {}},
    {"felt_at": "1900-01-01T00:00:00Z"},
    {"recorded_at": "2499-12-31T23:59:59.999999Z"},
    {"note": "x" * 1000},
    {"note": "\\u0000 spelt out"},
    {"kind": "unable", "scores": {}, "unable_reason": "asleep"},
    {"kind": "baseline"},
    {"clock_difference_seconds": None, "clock_measured_at": None},
]


def test_what_is_just_permitted_is_stored(phone: Phone, block_id: UUID) -> None:
    items = [an_entry(block_id, NOON) | change for change in PERMITTED]
    assert phone.outcomes(*items) == ["stored"] * len(PERMITTED)


def test_an_item_without_a_readable_id_is_answered_in_its_place(
    phone: Phone, block_id: UUID
) -> None:
    bad: list[Any] = [1, None, "text", [], {}, [[[]]], {"id": 5}, {"id": "x" * 101}]
    results = phone.sync(*bad, an_entry(block_id, NOON))["results"]
    assert [result["outcome"] for result in results] == ["rejected"] * len(bad) + ["stored"]
    assert {result["id"] for result in results[:-1]} == {None}


def test_a_text_cut_inside_an_emoji_blocks_neither_its_entry_nor_the_batch(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    cut = an_entry(block_id, NOON, note="sore \ud83d")
    whole = an_entry(block_id, NOON + timedelta(minutes=1), note="sore \U0001f600")
    assert phone.outcomes(cut, whole) == ["stored", "stored"]
    assert [row["note"] for row in stored(database)] == ["sore ?", "sore \U0001f600"]
    assert phone.outcomes(cut, whole) == ["duplicate", "duplicate"]


def test_what_comes_with_an_item_that_cannot_be_read_is_taken(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    phone.sync(an_entry(block_id, NOON, note="sore \ud83d"), persisted=False)
    with database.reading() as session:
        assert session.scalars(select(models.Device.storage_persisted)).one() is False


def test_bytes_that_are_no_text_stay_with_their_item(phone: Phone, block_id: UUID) -> None:
    bad = json.dumps(an_entry(block_id, NOON, note="?!")).encode().replace(b"?!", b"\xff")
    good = json.dumps(an_entry(block_id, NOON)).encode()
    body = b'{"sent_at": "2026-03-02T12:00:00Z", "items": [' + bad + b"," + good + b"]}"
    results = phone.request("POST", "sync", body).get_json()["results"]
    assert [result["outcome"] for result in results] == ["rejected", "stored"]


UNREADABLE: list[tuple[bytes, str | None]] = [
    (b"", None),
    (b"{", None),
    (b"[]", None),
    (b"3", None),
    (b"\xff", None),
    (b"[" * 200_000, None),
    (b'{"sent_at": NaN, "items": []}', None),
    (b'{"items": []}', None),
    (b'{"sent_at": "2026-03-02T12:00:00Z", "items": {}}', "items"),
    (b'{"sent_at": "2026-03-02T12:00:00", "items": []}', "sent_at"),
    (b'{"sent_at": "0001-01-01T00:00:00Z", "items": []}', "sent_at"),
    (b'{"sent_at": "2500-01-01T00:00:00Z", "items": []}', "sent_at"),
    (b'{"sent_at": "2026-03-02T12:00:00Z", "items": [], "more": 1}', None),
    (b'{"sent_at": "2026-03-02T12:00:00Z", "items": [' + b"0," * 500 + b"0]}", "items"),
    (b'{"sent_at": "2026-03-02T12:00:00Z", "items": [' + b"0," * 500 + b"NaN]}", "items"),
]


def test_a_request_that_cannot_be_read_is_refused_whole_with_its_place(
    phone: Phone, database: Database
) -> None:
    for body, path in UNREADABLE:
        response = phone.request("POST", "sync", body)
        error = response.get_json()["error"]
        told = (response.status_code, error["code"], error.get("path"))
        assert told == (422, "invalid", path), body[:80]
        assert error["message"]
    assert stored(database) == []


def test_five_hundred_items_fit_into_one_batch(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    items = [an_entry(block_id, NOON + timedelta(seconds=number)) for number in range(500)]
    assert phone.outcomes(*items) == ["stored"] * 500
    assert [row["id"] for row in stored(database)] == [item["id"] for item in items]


def test_another_patients_block_is_as_unknown_as_none(
    phone: Phone, database: Database, vault: Vault
) -> None:
    with database.transaction() as session:
        other = new_world(session, vault, "Oak")
    items = (
        an_entry(other.block.id, NOON),
        injection_done(other.block.id, NOON),
        an_entry(uuid4(), NOON),
    )
    assert phone.outcomes(*items) == ["rejected unknown_block"] * 3
    messages = {result["message"] for result in phone.sync(*items)["results"]}
    assert len(messages) == 1
    assert stored(database) == []
    with database.reading() as session:
        assert blocks.get(session, other.clinic.id, other.block.id).performed_at is None


def test_an_unknown_site_is_named_and_the_block_keeps_its_own(phone: Phone, block_id: UUID) -> None:
    [result] = phone.sync(an_entry(block_id, NOON, scores={"main": 3, "left": 2}))["results"]
    assert (result["reason"], "left" in result["message"]) == ("unknown_site", True)


def test_a_correction_needs_the_entry_that_it_corrects_of_its_kind_and_block(
    phone: Phone, database: Database, world: World
) -> None:
    with database.transaction() as session:
        protocol = new_protocol(session, world.clinic)
        second = new_block(session, world.patient, protocol, number=2)
    rating = an_entry(world.block.id, NOON)
    baseline = an_entry(world.block.id, NOON, kind="baseline")

    def correcting(replaces: str, block_id: UUID = world.block.id, **values: Any) -> Item:
        return an_entry(block_id, NOON, replaces=replaces, **values)

    early = correcting(rating["id"])
    assert phone.outcomes(early) == ["rejected unknown_replaced"]
    itself = an_entry(world.block.id, NOON)
    itself["replaces"] = itself["id"]
    assert phone.outcomes(
        rating,
        baseline,
        early,
        itself,
        correcting(str(uuid4())),
        correcting(baseline["id"]),
        correcting(rating["id"], second.id),
        correcting(rating["id"], kind="baseline"),
        correcting(baseline["id"], kind="baseline", scores={}),
    ) == [
        "stored",
        "stored",
        "stored",
        "rejected unknown_replaced",
        "rejected unknown_replaced",
        "rejected wrong_kind",
        "rejected wrong_kind",
        "rejected wrong_kind",
        "stored",
    ]


def test_another_patients_entry_cannot_be_corrected_nor_is_its_id_taken(
    phone: Phone, new_phone: Callable[[], Phone], database: Database, vault: Vault, block_id: UUID
) -> None:
    with database.transaction() as session:
        other = new_world(session, vault, "Oak")
    stranger = new_phone()
    stranger.redeem(token=other.invited.token)
    theirs = an_entry(other.block.id, NOON)
    stranger.sync(theirs)

    mine = an_entry(block_id, NOON, id=theirs["id"], note="mine")
    correction = an_entry(block_id, NOON, replaces=theirs["id"])
    assert phone.outcomes(correction, mine) == ["rejected unknown_replaced", "stored"]
    [seen] = phone.sync()["state"]["entries"]
    assert seen["entry"]["note"] == "mine"
    [seen] = stranger.sync()["state"]["entries"]
    assert seen["entry"]["note"] is None


def test_a_new_phone_gets_the_whole_diary_back_and_may_send_what_the_old_one_held(
    phone: Phone,
    new_phone: Callable[[], Phone],
    database: Database,
    vault: Vault,
    world: World,
) -> None:
    sent = an_entry(world.block.id, NOON)
    phone.sync(sent, injection_done(world.block.id, NOON))
    second = new_phone()
    invited = another_invitation(database, vault, world)
    state = second.redeem(token=invited.token).get_json()["state"]
    assert [each["entry"]["id"] for each in state["entries"]] == [sent["id"]]
    assert state["blocks"][0]["performed_at"] == stamp(NOON)
    assert second.outcomes(sent) == ["duplicate"]


def test_injection_done_starts_the_block_with_its_reminders_in_one_go(
    phone: Phone, database: Database, world: World
) -> None:
    answer = phone.sync(injection_done(world.block.id, NOON - timedelta(minutes=2)))
    [block] = answer["state"]["blocks"]
    assert block["performed_at"] == stamp(NOON - timedelta(minutes=2))
    assert block["performed_at_source"] == "phone"
    assert count(database, models.Reminder) > 0
    with database.reading() as session:
        trail = audit.about(session, world.clinic.id, f"block:{world.block.id}")
    assert [event.action for event in trail] == ["block.planned", "block.time_set"]
    assert trail[-1].actor.startswith("device:")


def test_the_injection_recorded_last_counts_whatever_arrives_last(
    phone: Phone, block_id: UUID, clock: TestClock
) -> None:
    clock.advance(hours=1)
    first = injection_done(block_id, NOON)
    later = injection_done(block_id, NOON + timedelta(minutes=9))
    phone.sync(later)
    [block] = phone.sync(first)["state"]["blocks"]
    assert block["performed_at"] == later["performed_at"]
    correction = injection_done(block_id, NOON + timedelta(minutes=4), recorded_at=stamp(clock.now))
    [block] = phone.sync(correction)["state"]["blocks"]
    assert block["performed_at"] == correction["performed_at"]


def test_the_clinics_time_wins_over_the_phones(
    phone: Phone, database: Database, world: World
) -> None:
    with database.transaction() as session:
        block = blocks.get(session, world.clinic.id, world.block.id)
        blocks.start(session, block, NOON - timedelta(hours=1), "clinic", audit.staff(1), NOON)
    answer = phone.sync(injection_done(world.block.id, NOON))
    assert answer["results"][0]["outcome"] == "stored"
    [seen] = answer["state"]["blocks"]
    assert seen["performed_at"] == stamp(NOON - timedelta(hours=1))
    assert seen["performed_at_source"] == "clinic"


@pytest.mark.parametrize(("minutes", "outcome"), [(5, "stored"), (5.001, "rejected invalid")])
def test_an_injection_in_the_future_is_asked_again(
    phone: Phone, block_id: UUID, minutes: float, outcome: str
) -> None:
    item = injection_done(block_id, NOON + timedelta(minutes=minutes))
    assert phone.outcomes(item) == [outcome]


def test_a_wrong_clock_is_taken_out_of_the_injections_time(phone: Phone, block_id: UUID) -> None:
    fast = phone.with_clock_ahead(hours=3)
    item = injection_done(block_id, NOON + timedelta(hours=3), clock_difference_seconds=-3 * 3600.0)
    [block] = fast.sync(item)["state"]["blocks"]
    assert block["performed_at"] == stamp(NOON)


def test_the_injection_of_a_cancelled_block_is_kept_and_starts_nothing(
    phone: Phone, database: Database, world: World
) -> None:
    with database.transaction() as session:
        blocks.get(session, world.clinic.id, world.block.id).cancelled_at = NOON
    answer = phone.sync(injection_done(world.block.id, NOON), an_entry(world.block.id, NOON))
    assert [result["outcome"] for result in answer["results"]] == ["stored", "stored"]
    [block] = answer["state"]["blocks"]
    assert (block["cancelled"], block["performed_at"]) == (True, None)
    assert count(database, models.Reminder) == 0


def reminder_states(database: Database) -> dict[str, str]:
    with database.reading() as session:
        rows = session.execute(select(models.Reminder.assessment_id, models.Reminder.state))
        return {row.assessment_id: row.state for row in rows}


def test_an_answer_closes_its_reminder_and_its_withdrawal_opens_it_again(
    phone: Phone, database: Database, clock: TestClock, block_id: UUID
) -> None:
    phone.sync(injection_done(block_id, T0))
    clock.advance(minutes=50)
    answer = an_entry(block_id, T0 + timedelta(minutes=50))
    phone.sync(answer)
    states = reminder_states(database)
    assert (states["1h"], states["2h"]) == ("answered", "planned")
    withdrawn = an_entry(block_id, T0 + timedelta(minutes=50), replaces=answer["id"], scores={})
    phone.sync(withdrawn)
    assert reminder_states(database)["1h"] == "planned"


def test_asleep_is_no_answer_and_leaves_the_reminder(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    unable = an_entry(
        block_id, T0 + timedelta(hours=1), kind="unable", scores={}, unable_reason="asleep"
    )
    phone.sync(injection_done(block_id, T0), unable)
    assert reminder_states(database)["1h"] == "planned"


def test_an_entry_that_came_before_the_blocks_time_is_an_answer_once_it_has_one(
    phone: Phone, database: Database, clock: TestClock, block_id: UUID
) -> None:
    clock.advance(hours=1)
    assert phone.outcomes(an_entry(block_id, T0 + timedelta(hours=1))) == ["stored"]
    phone.sync(injection_done(block_id, T0))
    assert reminder_states(database)["1h"] == "answered"


def test_a_receipt_is_kept_once_and_only_from_the_phones_of_its_patient(
    phone: Phone,
    new_phone: Callable[[], Phone],
    database: Database,
    vault: Vault,
    clock: TestClock,
    world: World,
) -> None:
    phone.sync(injection_done(world.block.id, T0))
    browser = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
    }
    phone.request("PUT", "subscription", browser)
    with database.transaction() as session:
        delivery = models.ReminderDelivery(
            clinic_id=world.clinic.id,
            reminder_id=session.scalars(select(models.Reminder.id).limit(1)).one(),
            subscription_id=session.scalars(select(models.Subscription.id)).one(),
        )
        session.add(delivery)
        session.flush()
        other = new_world(session, vault, "Oak")
    stranger = new_phone()
    stranger.redeem(token=other.invited.token)
    item = {"type": "reminder_shown", "id": str(delivery.id), "shown_at": stamp(NOON)}
    assert stranger.outcomes(item) == ["rejected unknown_delivery"]
    [first] = phone.sync(item)["results"]
    clock.advance(minutes=1)
    [again] = phone.sync(item)["results"]
    assert (first["outcome"], again["outcome"]) == ("stored", "duplicate")
    assert first["received_at"] == again["received_at"] == stamp(NOON)
    assert phone.outcomes(item | {"shown_at": "0001-01-01T00:00:00Z"}) == ["rejected invalid"]


def test_a_receipt_of_a_reminder_that_was_never_sent_is_rejected(phone: Phone) -> None:
    item = {"type": "reminder_shown", "id": str(uuid4()), "shown_at": stamp(NOON)}
    assert phone.outcomes(item) == ["rejected unknown_delivery"]


def test_simultaneous_syncs_of_the_same_items_store_each_once(
    phone: Phone, database: Database, block_id: UUID
) -> None:
    items = [an_entry(block_id, NOON + timedelta(minutes=number)) for number in range(8)]
    answers: list[list[str]] = []
    cookie = phone.client.get_cookie("diary", "localhost")
    assert cookie is not None

    def send(order: list[Item]) -> None:
        same = Phone(phone.app, phone.clock)
        same.client.set_cookie("diary", cookie.value, domain="localhost")
        answers.append(same.outcomes(*order))

    senders = [
        threading.Thread(target=send, args=(items if number % 2 else items[::-1],))
        for number in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(outcome for answer in answers for outcome in answer) == (
        ["duplicate"] * 24 + ["stored"] * 8
    )
    assert len(stored(database)) == 8
