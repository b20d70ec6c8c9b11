"""Reminders by e-mail keep the rules of reminders by push, on a real mail server."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from server.push.email import Mailer
from server.push.email_channel import Channels, EmailChannel
from server.push.loop import TickResult, tick
from server.push.outbox import LEASE, Outbox
from server.push.web_push import WebPush
from server.storage import email_reminders, subscriptions
from server.storage.email_reminders import EmailReminders, StopUnknown
from server.storage.models import AuditEvent, Patient, Reminder, Subscription
from tests.push.mail_server import MailServer, mail_server
from tests.push.scene import CLOSES_15, DUE_15, HOUR, PUBLIC_URL, T0, Scene, add_device
from tests.push.stand_in import Reply

ADDRESS = "jo@example.org"
SECOND = timedelta(seconds=1)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@dataclass
class Letters:
    """A patient whose phone gets no push, with an e-mail address."""

    scene: Scene
    server: MailServer
    channel: Channels

    def tick(self, now: datetime) -> TickResult:
        return tick(self.scene.database, self.channel, now)

    def sent(self) -> list[str]:
        return [to for to, _ in self.server.taken]

    @property
    def stop_token(self) -> str:
        _, message = self.server.taken[-1]
        return str(message.get_content()).split("/stop#")[1].strip()

    def enter(self, address: str = ADDRESS, now: datetime = T0) -> None:
        with self.scene.database.transaction() as session:
            patient = session.get_one(Patient, self.scene.enrolment.patient_id)
            email_reminders.keep(session, self.scene.vault, patient, address, "staff:1", now)

    def standing(self) -> EmailReminders:
        enrolment = self.scene.enrolment
        with self.scene.database.reading() as session:
            found = email_reminders.of_patient(
                session, self.scene.vault, enrolment.clinic_id, enrolment.patient_id
            )
        assert found is not None
        return found

    def switch_push_off(self, now: datetime = T0) -> None:
        with self.scene.database.transaction() as session:
            subscriptions.unsubscribe(session, self.scene.device, now)

    def stop(self, token: str, now: datetime) -> None:
        with self.scene.database.transaction() as session:
            email_reminders.stop(session, self.scene.vault, token, now)

    def trail(self) -> list[str]:
        with self.scene.database.reading() as session:
            of_patient = f"patient:{self.scene.enrolment.patient_id}"
            rows = select(AuditEvent).where(AuditEvent.subject == of_patient)
            return [row.action for row in session.scalars(rows.order_by(AuditEvent.id))]


@pytest.fixture
def letters(scene: Scene, server: MailServer) -> Iterator[Letters]:
    push = WebPush(scene.vault, scene.sender, PUBLIC_URL)
    email = EmailChannel(scene.vault, Mailer(server.smtp(), PUBLIC_URL, timeout_seconds=60))
    made = Letters(scene, server, Channels(push, email))
    made.switch_push_off()
    made.enter()
    yield made
    email.close()


def test_who_gets_no_push_is_reminded_by_email_once(letters: Letters) -> None:
    assert letters.tick(DUE_15 - SECOND).claimed == 0
    result = letters.tick(DUE_15)
    assert (result.accepted, result.failed) == (1, 0)
    for later in (SECOND, LEASE, 5 * LEASE):
        letters.tick(min(DUE_15 + later, CLOSES_15 - SECOND))
    assert letters.sent() == [ADDRESS]
    reminder = letters.scene.reminder()
    assert (reminder.state, reminder.next_try_at) == ("sent", None)
    assert letters.standing().last_sent_at == reminder.sent_at


def test_who_gets_push_gets_no_email(letters: Letters) -> None:
    letters.scene.add_phone("/second")
    letters.tick(DUE_15)
    assert (letters.scene.posts(), letters.sent()) == (1, [])


def test_several_phones_without_push_make_one_email(letters: Letters) -> None:
    with letters.scene.database.transaction() as session:
        add_device(session, letters.scene.enrolment)
        add_device(session, letters.scene.enrolment)
    letters.tick(DUE_15)
    assert letters.sent() == [ADDRESS]


def test_a_phone_that_is_gone_is_followed_by_an_email_in_the_same_window(
    letters: Letters,
) -> None:
    _, browser = letters.scene.add_phone("/gone")
    letters.scene.service.will(browser.path, Reply(410))
    letters.tick(DUE_15)
    assert letters.sent() == []
    letters.tick(DUE_15 + SECOND)
    assert letters.sent() == [ADDRESS]


def test_a_phone_that_subscribes_after_the_email_is_not_rung_as_well(letters: Letters) -> None:
    letters.tick(DUE_15)
    letters.scene.add_phone("/late", DUE_15 + SECOND)
    letters.tick(DUE_15 + 2 * SECOND)
    assert (letters.sent(), letters.scene.posts()) == ([ADDRESS], 0)


def test_an_answered_assessment_brings_no_email(letters: Letters) -> None:
    letters.scene.settle("15min")
    letters.tick(DUE_15)
    assert letters.sent() == []


def test_an_answer_between_claim_and_send_stops_the_email(letters: Letters) -> None:
    hands = Outbox(letters.scene.database, letters.channel)
    hands.claim(DUE_15)
    letters.scene.settle("15min")
    hands.hand_over(DUE_15 + SECOND)
    assert letters.sent() == []


@pytest.mark.usefixtures("still")
def test_the_last_second_of_the_window_still_brings_an_email_and_its_end_does_not(
    letters: Letters,
) -> None:
    letters.tick(CLOSES_15)
    assert letters.sent() == []
    letters.scene.replan(T0, performed_at=T0 + HOUR)
    letters.tick(CLOSES_15 + HOUR - SECOND)
    assert letters.sent() == [ADDRESS]


def test_a_worker_that_died_leaves_its_email_to_the_next(letters: Letters) -> None:
    Outbox(letters.scene.database, letters.channel).claim(DUE_15)
    letters.tick(DUE_15 + LEASE - SECOND)
    assert letters.sent() == []
    letters.tick(DUE_15 + LEASE)
    assert letters.sent() == [ADDRESS]


def test_what_was_sent_again_after_a_crash_is_the_same_message(letters: Letters) -> None:
    """The worker died after the mail server had it and before that was kept."""
    hands = Outbox(letters.scene.database, letters.channel)
    hands.claim(DUE_15)
    hands.hand_over(DUE_15)
    hands.collect(20)
    letters.tick(DUE_15 + LEASE)
    (_, first), (_, second) = letters.server.taken
    assert first["Message-ID"] == second["Message-ID"]


def test_a_mailbox_that_does_not_exist_is_given_up_and_shown(letters: Letters) -> None:
    letters.server.always("RCPT", "550 5.1.1 no such user")
    letters.tick(DUE_15)
    standing = letters.standing()
    assert (standing.ended_because, standing.masked) == ("gone", "j***@example.org")
    assert letters.trail() == ["email_reminders.on", "email_reminders.gone"]
    assert letters.tick(T0 + HOUR).failed == 0


def test_a_mail_server_that_refuses_us_ends_no_address(letters: Letters) -> None:
    letters.server.will("RCPT", "550 5.7.1 relaying denied")
    letters.tick(DUE_15)
    assert letters.standing().ended_at is None
    assert letters.scene.delivery().failure == "policy"
    letters.tick(T0 + HOUR)
    assert letters.sent() == [ADDRESS]


def test_what_the_mail_server_puts_off_is_tried_again_in_the_window(letters: Letters) -> None:
    letters.server.will("RCPT", "450 4.2.1 try later")
    letters.tick(DUE_15)
    delivery = letters.scene.delivery()
    assert delivery.failure == "deferred"
    assert delivery.retry_at is not None and DUE_15 < delivery.retry_at < CLOSES_15
    letters.tick(delivery.retry_at)
    assert letters.sent() == [ADDRESS]


def test_what_is_put_off_for_ever_ends_with_the_window(letters: Letters) -> None:
    letters.server.always("RCPT", "450 4.2.1 try later")
    now = DUE_15
    while now < CLOSES_15:
        letters.tick(now)
        now += timedelta(minutes=1)
    assert letters.tick(CLOSES_15).expired == 1
    assert letters.sent() == []


def test_a_mail_server_that_is_down_costs_no_reminder(scene: Scene) -> None:
    with mail_server() as server:
        smtp = server.smtp()
    push = WebPush(scene.vault, scene.sender, PUBLIC_URL)
    email = EmailChannel(scene.vault, Mailer(smtp, PUBLIC_URL))
    letters = Letters(scene, server, Channels(push, email))
    letters.switch_push_off()
    letters.enter()
    letters.tick(DUE_15)
    delivery = scene.delivery()
    assert (delivery.failure, delivery.accepted_at) == ("unreachable", None)
    assert delivery.retry_at is not None and delivery.retry_at < CLOSES_15
    email.close()


def test_an_installation_without_a_mail_server_sends_none(letters: Letters) -> None:
    letters.channel = Channels(WebPush(letters.scene.vault, letters.scene.sender, PUBLIC_URL), None)
    letters.tick(DUE_15)
    assert letters.scene.delivery().failure == "email_off"
    assert letters.sent() == []


def test_a_nudge_is_never_an_email(letters: Letters) -> None:
    with letters.scene.database.transaction() as session:
        prompt = session.get_one(Reminder, letters.scene.reminder().id)
        prompt.attempt = "nudge"
    letters.tick(DUE_15)
    assert letters.sent() == []


def test_the_link_in_the_email_stops_them_and_the_clinic_sees_it(letters: Letters) -> None:
    letters.tick(DUE_15)
    letters.stop(letters.stop_token, DUE_15 + SECOND)
    standing = letters.standing()
    assert (standing.ended_because, standing.ended_at) == ("stopped", DUE_15 + SECOND)
    letters.stop(letters.stop_token, DUE_15 + 2 * SECOND)
    assert letters.standing().ended_at == DUE_15 + SECOND
    assert letters.trail() == ["email_reminders.on", "email_reminders.stopped"]
    letters.tick(T0 + HOUR)
    assert letters.sent() == [ADDRESS]


@pytest.mark.parametrize("token", ["", "x", "a" * 64])
def test_a_link_that_is_not_known_stops_nothing(letters: Letters, token: str) -> None:
    with pytest.raises(StopUnknown):
        letters.stop(token, T0)
    assert letters.standing().ended_at is None


def test_a_push_endpoint_is_no_link_that_stops_emails(letters: Letters) -> None:
    """Both are looked up in one column; each kind has hashes of its own."""
    _, browser = letters.scene.add_phone("/phone")
    with pytest.raises(StopUnknown):
        letters.stop(browser.subscription.endpoint, T0)


def test_a_new_address_ends_the_one_before_and_its_link(letters: Letters) -> None:
    letters.tick(DUE_15)
    first = letters.stop_token
    letters.enter("jo@example.net", DUE_15 + SECOND)
    letters.stop(first, DUE_15 + 2 * SECOND)
    assert letters.standing().masked == "j***@example.net"
    assert letters.standing().ended_at is None
    letters.tick(T0 + HOUR)
    assert letters.sent() == [ADDRESS, "jo@example.net"]


def test_an_address_entered_inside_a_window_is_written_to_at_once(
    scene: Scene, server: MailServer, letters: Letters
) -> None:
    with scene.database.transaction() as session:
        patient = session.get_one(Patient, scene.enrolment.patient_id)
        email_reminders.remove(session, patient, "staff:1", T0)
    letters.tick(DUE_15)
    assert letters.sent() == []
    letters.enter(now=DUE_15 + SECOND)
    letters.tick(DUE_15 + SECOND)
    assert letters.sent() == [ADDRESS]


def test_neither_address_nor_link_is_kept_in_clear(letters: Letters) -> None:
    letters.tick(DUE_15)
    with letters.scene.database.reading() as session:
        (row,) = session.scalars(select(Subscription).where(Subscription.email_of.is_not(None)))
        kept = f"{row.sealed} {row.endpoint_hash} {row.push_service}"
        events = [str(event.details) for event in session.scalars(select(AuditEvent))]
    for secret in (ADDRESS, "example.org", letters.stop_token):
        assert secret not in kept
        assert secret not in "".join(events)


def test_another_clinic_sees_no_address(letters: Letters) -> None:
    patient_id = letters.scene.enrolment.patient_id
    with letters.scene.database.reading() as session:
        vault = letters.scene.vault
        assert email_reminders.of_patient(session, vault, UUID(int=1), patient_id) is None
