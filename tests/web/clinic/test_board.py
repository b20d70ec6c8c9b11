"""The board: whose turn it is to be looked at, and what is known of them."""

import re
from uuid import UUID

import pytest

from server.storage.blocks import cancel, get
from server.storage.models import Device, Reminder, ReminderDelivery, Subscription
from server.web.clinic import board as board_page
from tests.web.clinic.conftest import World, only_block_id


def row(page: str, reference: str) -> str:
    """The text of a patient's row."""
    rows = re.findall(r"<tr role=\"row\" id.*?</tr>", page, re.DOTALL)
    (found,) = [each for each in rows if f">{reference}</a>" in each]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def references(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]+)</a>', page)


def test_an_empty_board_explains_the_first_step(world: World) -> None:
    board = world.nurse.get("/clinic/").text
    assert "Enrol a patient before their injection" in board
    assert "Nobody watches this live" in board


def test_a_waiting_block_says_what_is_missing(world: World) -> None:
    world.nurse.enrol(protocol=world.protocol_id())
    waiting = row(world.nurse.get("/clinic/").text, "P-1001")
    assert "Lumbar L4/5, L5/S1, left, block 1" in waiting
    assert "Set the time planned today" in waiting
    assert "Make a sheet" in waiting
    assert "No phone yet" in waiting


def test_a_running_block_shows_its_last_entry_and_what_is_due(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(minutes=15)
    phone.rate(block_id, {"main": 2})
    world.clock.forward(minutes=20)
    running = row(world.nurse.get("/clinic/").text, "P-1001")
    assert "10:01 35 min ago, says the patient" in running
    assert "2 10:16" in running
    assert "Due now 30 min" in running


def test_two_missed_in_a_row_ask_for_attention_and_come_first(world: World) -> None:
    world.started(reference="A-answers-not")
    world.clock.forward(minutes=40)
    board = world.nurse.get("/clinic/").text
    assert "Two in a row missed" not in board  # the 30 min one can still be answered
    world.clock.forward(minutes=20)
    world.enrolled(reference="A-waits")
    board = world.nurse.get("/clinic/").text
    assert "Two in a row missed" in row(board, "A-answers-not")
    assert references(board) == ["A-answers-not", "A-waits"]


def test_medicine_shortly_before_the_block_asks_for_attention(world: World) -> None:
    block_id, phone = world.enrolled()
    taken = world.clock.now.isoformat()
    phone.rate(block_id, {"main": 7}, kind="baseline", rescue_at=taken)
    world.clock.forward(minutes=5)
    phone.injection_done(block_id, world.clock.now)
    assert "Pain medicine shortly before" in row(world.nurse.get("/clinic/").text, "P-1001")


def test_after_effects_come_first_and_a_correction_without_them_ends_it(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(minutes=15)
    first = phone.rate(block_id, {"main": 2}, after_effects=["bleeding"])
    told = row(world.nurse.get("/clinic/").text, "P-1001")
    assert told.endswith("Tells of after-effects")
    assert "bleeding" in world.nurse.get(f"/clinic/blocks/{block_id}").text
    phone.rate(block_id, {"main": 2}, replaces=first)
    assert "Tells of after-effects" not in world.nurse.get("/clinic/").text


def test_after_effects_told_at_the_end_stay_on_the_board_for_three_days(world: World) -> None:
    block_id, phone = world.started()  # on Monday
    world.clock.forward(days=3, hours=13, minutes=50)  # Thursday 23:51
    phone.rate(block_id, {"main": 2}, after_effects=["infection"])
    world.nurse.is_signed_in = False
    world.clock.forward(days=2, hours=23, minutes=59)
    assert references(world.nurse.get("/clinic/").text) == ["P-1001"]
    world.clock.forward(minutes=1)
    assert references(world.nurse.get("/clinic/").text) == []


def test_a_block_without_a_baseline_asks_for_attention(world: World) -> None:
    block_id, phone = world.enrolled()
    phone.injection_done(block_id, world.clock.now)
    assert "No baseline before the block" in row(world.nurse.get("/clinic/").text, "P-1001")


def test_a_diary_leaves_the_board_when_its_last_window_has_closed(world: World) -> None:
    world.started()  # on Monday; day 3 is Thursday 18:00, open until midnight
    world.clock.forward(days=3, hours=13, minutes=58)  # Thursday 23:59
    world.nurse.is_signed_in = False
    assert references(world.nurse.get("/clinic/").text) == ["P-1001"]
    world.clock.forward(minutes=1)
    assert references(world.nurse.get("/clinic/").text) == []


def test_a_cancelled_block_leaves_the_board(world: World) -> None:
    world.nurse.enrol(protocol=world.protocol_id())
    block_id = only_block_id(world.nurse.get("/clinic/").text)
    assert world.nurse.post(f"/clinic/blocks/{block_id}/cancel").status_code == 303
    assert references(world.nurse.get("/clinic/").text) == []
    assert "Cancelled" in world.nurse.get(f"/clinic/blocks/{block_id}").text


def test_cancelling_ends_the_reminders(world: World) -> None:
    block_id, _ = world.started()
    with world.database.transaction() as session:
        block = get(session, world.clinic.id, UUID(block_id))
        assert cancel(session, block, "system", world.clock.now)
        assert not cancel(session, block, "system", world.clock.now)
    with world.database.reading() as session:
        assert {each.state for each in session.query(Reminder)} == {"cancelled"}


def test_the_board_sorts_by_what_is_asked(world: World) -> None:
    world.started(reference="Z-done")
    world.nurse.enrol(protocol=world.protocol_id(), reference="a-waits")
    assert references(world.nurse.get("/clinic/?sort=patient").text) == ["a-waits", "Z-done"]
    assert references(world.nurse.get("/clinic/?sort=time").text) == ["Z-done", "a-waits"]
    odd = world.nurse.get("/clinic/?sort=drop+table")
    assert odd.status_code == 200


def test_a_silent_phone_may_hold_entries(world: World) -> None:
    world.started()
    world.clock.forward(minutes=75)
    assert "entries may wait on it" not in world.nurse.get("/clinic/").text
    world.clock.forward(minutes=1)
    assert "entries may wait on it" in world.nurse.get("/clinic/").text


def test_the_last_reminder_is_confirmed_by_the_phones_receipt(world: World) -> None:
    world.started()
    world.clock.forward(minutes=16)
    assert "no reminders on it" in row(world.nurse.get("/clinic/").text, "P-1001")
    with world.database.transaction() as session:
        device = session.query(Device).one()
        reminder = session.query(Reminder).filter_by(assessment_id="15min", attempt="prompt").one()
        subscription = Subscription(
            clinic_id=world.clinic.id,
            device_id=device.id,
            endpoint_hash="of an endpoint",
            push_service="https://push.example",
            sealed="sealed",
            created_at=world.clock.now,
        )
        session.add(subscription)
        session.flush()
        delivery = ReminderDelivery(
            clinic_id=world.clinic.id,
            reminder_id=reminder.id,
            subscription_id=subscription.id,
            accepted_at=world.clock.now,
        )
        session.add(delivery)
    assert "reminder 10:16 not confirmed" in row(world.nurse.get("/clinic/").text, "P-1001")
    with world.database.transaction() as session:
        session.get_one(ReminderDelivery, delivery.id).receipt_at = world.clock.now
    assert "reminder 10:16 shown" in row(world.nurse.get("/clinic/").text, "P-1001")


def test_the_board_shows_those_that_are_wanted_and_counts_the_others(world: World) -> None:
    world.started(reference="B-runs")
    world.enrolled(reference="B-waits")
    world.nurse.enrol(protocol=world.protocol_id(), reference="C-no-phone", levels="T3/4")
    world.clock.forward(minutes=15)

    def shown(query: str) -> set[str]:
        return set(references(world.nurse.get(f"/clinic/?{query}").text))

    everybody = {"B-runs", "B-waits", "C-no-phone"}
    assert shown("") == shown("show=all") == shown("show=nonsense") == everybody
    assert shown("show=waiting") == {"B-waits", "C-no-phone"}
    assert shown("show=due") == {"B-runs"}
    assert shown("show=attention") == {"C-no-phone"}
    assert shown("q=b-") == {"B-runs", "B-waits"}
    assert shown("q=T3") == {"C-no-phone"}
    assert shown("q=b-&show=waiting") == {"B-waits"}
    page = " ".join(re.sub(r"<[^>]+>", " ", world.nurse.get("/clinic/?q=b-").text).split())
    assert "All 2 Attention 0 Today 2 Due now 1 Waiting 1" in page


def test_a_search_that_finds_nothing_leads_back_to_all(world: World) -> None:
    world.enrolled(reference="B-waits")
    page = world.nurse.get("/clinic/", query_string={"q": "<b>nobody", "show": "due"}).text
    assert "Nothing matches" in page and "&lt;b&gt;nobody" in page
    assert "Enrol a patient before their injection" not in page


def test_a_long_board_comes_page_by_page_and_its_counts_are_of_all_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_page, "PAGE", 2)
    for reference in ("P-1", "P-2", "P-3"):
        world.nurse.enrol(protocol=world.protocol_id(), reference=reference)

    def page(query: str) -> str:
        return world.nurse.get(f"/clinic/?sort=patient{query}").text

    first = page("")
    assert references(first) == references(page("&page=0")) == references(page("&page=soon"))
    assert references(first) == ["P-1", "P-2"]
    assert 'All <span class="quiet">3<' in first and "Page 1 of 2" in first
    (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
    assert "show=all" in following and "sort=patient" in following and 'rel="prev"' not in first
    second = world.nurse.get(following.replace("&amp;", "&")).text
    assert references(second) == references(page("&page=99")) == ["P-3"]
    assert 'rel="prev"' in second and 'rel="next"' not in second
    whole = page("&q=P-3&page=2")
    assert references(whole) == ["P-3"] and re.search(r'class="pages[^>]* hidden>', whole)


def test_whatever_changes_a_diary_is_on_the_board_at_the_next_look(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(minutes=15)

    def look() -> str:
        return row(world.nurse.get("/clinic/").text, "P-1001")

    assert "P-1001 Lumbar L4/5, L5/S1, left, block 1 7 10:01" in look()
    first = phone.rate(block_id, {"main": 2})
    assert "2 10:16" in look()
    phone.rate(block_id, {"main": 3}, replaces=first)
    assert "3 10:16" in look()
    world.nurse.post(f"/clinic/blocks/{block_id}/baseline", {"site": "main", "score": "8"})
    assert "block 1 8 10:01" in look()
    time = {"performed_on": "2026-03-02", "performed_time": "10:04"}
    world.nurse.post(f"/clinic/blocks/{block_id}/time", time)
    assert "block 1 8 10:04" in look()
