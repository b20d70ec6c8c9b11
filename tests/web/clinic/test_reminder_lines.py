"""What the clinic sees of reminders: four times for each, and the phones that do not confirm them."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server.storage.models import Block, Device, Reminder, ReminderDelivery, Subscription
from tests.web.clinic.conftest import Phone, World
from tests.web.clinic.test_board import row

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


class Reminded:
    """A patient whose block was done at 10:01, with phones that are sent reminders."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.block_id, self.phone = world.started()
        self.t0: datetime = world.clock.now
        self.subscriptions: list[Subscription] = []
        self.add_subscription(self.phone)

    def add_subscription(self, phone: Phone) -> None:
        with self.world.database.transaction() as session:
            device = session.scalars(
                select(Device).where(Device.check_word == phone.state["check_word"])
            ).one()
            subscription = Subscription(
                clinic_id=device.clinic_id,
                device_id=device.id,
                endpoint_hash=f"endpoint {len(self.subscriptions)}",
                push_service="https://push.example",
                sealed="sealed",
                created_at=self.t0,
            )
            session.add(subscription)
            session.flush()
            session.expunge(subscription)
        self.subscriptions.append(subscription)

    def sent(
        self,
        assessment: str,
        *,
        shown: bool,
        phone: int = 0,
        attempt: str = "prompt",
        clock_difference_seconds: float | None = None,
    ) -> None:
        """Accepted a second after it was due; shown, if it was, another second later."""
        with self.world.database.transaction() as session:
            reminder = session.scalars(
                select(Reminder).where(
                    Reminder.assessment_id == assessment, Reminder.attempt == attempt
                )
            ).one()
            reminder.state = "sent"
            reminder.sent_at = reminder.due_at + SECOND
            by_phones_clock = timedelta(seconds=clock_difference_seconds or 0)
            session.add(
                ReminderDelivery(
                    clinic_id=reminder.clinic_id,
                    reminder_id=reminder.id,
                    subscription_id=self.subscriptions[phone].id,
                    accepted_at=reminder.due_at + SECOND,
                    shown_at=reminder.due_at + 2 * SECOND - by_phones_clock if shown else None,
                    receipt_at=reminder.due_at + 3 * SECOND if shown else None,
                    receipt_clock_difference_seconds=clock_difference_seconds,
                )
            )

    def confirm(self, assessment: str) -> None:
        """The receipt of a reminder that was sent without one arrives now."""
        with self.world.database.transaction() as session:
            of_it = select(Reminder.id).where(Reminder.assessment_id == assessment)
            for each in session.scalars(
                select(ReminderDelivery).where(ReminderDelivery.reminder_id.in_(of_it))
            ):
                each.receipt_at = self.world.clock.now

    def ends(self, because: str, phone: int = 0) -> None:
        with self.world.database.transaction() as session:
            subscription = session.get_one(Subscription, self.subscriptions[phone].id)
            subscription.retired_at = self.world.clock.now
            subscription.retired_because = because

    def line(self, assessment: str, attempt: str = "prompt") -> str:
        found = re.search(
            rf'<tr role="row" data-reminder="{assessment} {attempt}">.*?</tr>',
            self.page(),
            re.DOTALL,
        )
        return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""

    def page(self) -> str:
        return self.world.nurse.get(f"/clinic/blocks/{self.block_id}").text

    def words(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.page()).split())

    def on_board(self) -> str:
        return row(self.world.nurse.get("/clinic/").text, "P-1001")


@pytest.fixture
def reminded(world: World) -> Reminded:
    return Reminded(world)


def test_a_reminder_has_its_four_times(reminded: Reminded) -> None:
    reminded.sent("1h", shown=True)
    reminded.world.clock.now = reminded.t0 + 65 * MINUTE
    reminded.phone.rate(reminded.block_id, {"main": 2})
    assert reminded.line("1h") == "1 h 11:01 11:01:01 11:01:02 11:06:00"
    assert (
        "3 due so far: 1 accepted by a push service, 1 shown on the phone, 1 answered."
        in reminded.words()
    )


def test_what_did_not_happen_is_said_and_what_is_to_come_is_not_shown(reminded: Reminded) -> None:
    reminded.sent("1h", shown=False)
    reminded.world.clock.now = reminded.t0 + 119 * MINUTE
    assert reminded.line("15min") == "15 min 10:16 not sent – –"  # its window has closed
    assert reminded.line("1h") == "1 h 11:01 11:01:01 no receipt –"
    assert reminded.line("2h") == ""
    reminded.world.clock.forward(minutes=1)
    assert reminded.line("2h").startswith("2 h 12:01 not yet")


def test_one_that_was_not_needed_is_said_to_be_answered_before(reminded: Reminded) -> None:
    reminded.world.clock.now = reminded.t0 + 59 * MINUTE
    reminded.phone.rate(reminded.block_id, {"main": 2})
    reminded.world.clock.forward(minutes=1)
    assert reminded.line("1h") == "1 h 11:01 answered before – 11:00:00"


def test_a_second_push_is_listed_only_if_it_went_out(reminded: Reminded) -> None:
    reminded.sent("1h", shown=False)
    reminded.world.clock.now = reminded.t0 + 80 * MINUTE
    assert reminded.line("1h", "nudge") == ""
    reminded.sent("1h", shown=True, attempt="nudge")
    assert reminded.line("1h", "nudge") == "1 h second push 11:16 11:16:01 11:16:02 –"


def test_a_receipt_by_a_wrong_clock_is_put_right(reminded: Reminded) -> None:
    reminded.sent("1h", shown=True, clock_difference_seconds=600.0)
    reminded.sent("2h", shown=True, clock_difference_seconds=60.0)
    reminded.world.clock.now = reminded.t0 + 125 * MINUTE
    assert "11:01:02" in reminded.line("1h")
    assert "12:00:02" in reminded.line("2h")  # a minute may be the network's


def test_why_nobody_took_it_is_said(reminded: Reminded) -> None:
    with reminded.world.database.transaction() as session:
        reminder = session.scalars(
            select(Reminder).where(Reminder.assessment_id == "1h", Reminder.attempt == "prompt")
        ).one()
        session.add(
            ReminderDelivery(
                clinic_id=reminder.clinic_id,
                reminder_id=reminder.id,
                subscription_id=reminded.subscriptions[0].id,
                failure="timed_out",
            )
        )
    reminded.world.clock.now = reminded.t0 + 65 * MINUTE
    assert "no: timed out" in reminded.line("1h")


def test_two_in_a_row_without_a_receipt_are_flagged_on_page_and_board(reminded: Reminded) -> None:
    flag = "Two in a row not confirmed"
    reminded.sent("15min", shown=True)
    reminded.sent("30min", shown=False)
    reminded.sent("1h", shown=False)
    reminded.world.clock.now = reminded.t0 + 65 * MINUTE  # accepted a second less than 5 min ago
    assert "Reminders confirmed on this phone: last 10:16" in reminded.words()
    assert flag not in reminded.words()
    assert "Reminders not confirmed" not in reminded.on_board()
    reminded.world.clock.forward(seconds=1)
    assert flag in reminded.words()
    assert "Reminders not confirmed" in reminded.on_board()
    reminded.sent("2h", shown=True)
    reminded.world.clock.forward(hours=1)
    assert flag not in reminded.words()
    assert "Reminders not confirmed" not in reminded.on_board()


def test_a_patient_with_one_phone_that_confirms_needs_no_attention(reminded: Reminded) -> None:
    with reminded.world.database.transaction() as session:
        block = session.scalars(select(Block)).one()
        first = session.scalars(select(Device)).one()
        second = Device(
            clinic_id=block.clinic_id,
            enrolment_id=first.enrolment_id,
            secret_hash="another",
            check_word="SECOND",
            user_agent="",
            created_at=reminded.t0,
            seen_at=reminded.t0,
        )
        session.add(second)
    reminded.phone.state["check_word"] = "SECOND"
    reminded.add_subscription(reminded.phone)
    for assessment in ("15min", "30min", "1h"):
        reminded.sent(assessment, shown=False, phone=0)
        reminded.sent(assessment, shown=True, phone=1)
    reminded.world.clock.now = reminded.t0 + 70 * MINUTE
    assert reminded.words().count("Two in a row not confirmed") == 1
    assert "Reminders not confirmed" not in reminded.on_board()
    assert "1 h 11:01 11:01:01 11:01:02" in reminded.line("1h")


@pytest.mark.parametrize(
    ("because", "said"),
    [
        ("unsubscribed", "reminders switched off on the phone since 11:01"),
        ("gone", "it can no longer be reached since 11:01"),
    ],
)
def test_reminders_that_ended_are_said_with_when_until_the_phone_is_reached_again(
    reminded: Reminded, because: str, said: str
) -> None:
    reminded.world.clock.now = reminded.t0 + 60 * MINUTE
    reminded.ends(because)
    assert said in reminded.words()
    assert "Reminders off on the phone" in reminded.on_board()
    assert "reminders off since 11:01" in reminded.on_board()
    reminded.add_subscription(reminded.phone)
    assert said not in reminded.words()
    assert "Reminders off" not in reminded.on_board()


def test_a_phone_that_never_had_reminders_is_not_said_to_have_lost_them(world: World) -> None:
    block_id, _ = world.started()
    assert "no reminders on this phone" in world.nurse.get(f"/clinic/blocks/{block_id}").text
    assert "Reminders off" not in row(world.nurse.get("/clinic/").text, "P-1001")
