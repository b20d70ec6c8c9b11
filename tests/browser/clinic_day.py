"""One afternoon at a clinic: a block in every state, its diary sent by phones through the real API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from server import create_app
from server.config import Config
from server.storage import audit, blocks, clinics, enrolments, patients, protocols, staff
from server.storage.db import Database
from server.storage.models import Clinic
from tests.builders import PASSWORD as PASSWORD
from tests.builders import Phone, TestClock, an_entry, new_member, new_protocol, signed_in

#: When somebody at the clinic looks, by the clock in London.
NOW = datetime(2026, 3, 2, 18, 20, tzinfo=UTC)
TODAY = date(2026, 3, 2)
#: Of a clinic that has not enrolled anybody.
NEWCOMER = "omar@oak.example"
NURSE = "nora@elm.example"
CLINICIAN = "clara@elm.example"
ADMINISTRATOR = "ada@elm.example"
#: Signs in with an authenticator app as well.
CAREFUL = "cora@elm.example"

#: As much as can be said of any block.
GIVEN = {"concentration_percent": 0.25, "steroid": False, "sedation": True}


def at(clock: str) -> datetime:
    """A time of that day, on the wall in London."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, 2, int(hour), int(minute), tzinfo=UTC)


@dataclass(frozen=True)
class Followed:
    """A patient at the clinic, with one block."""

    patient_id: UUID
    block_id: UUID


class ClinicDay:
    """Fills a database; `followed` has each patient by what is special about them."""

    def __init__(self, config: Config, database: Database) -> None:
        self.database = database
        self._clock = TestClock(at("08:00"))
        self.app = create_app(config, self._clock)
        self._vault = self.app.extensions["block_diary"].vault
        self._clinic = self._new_clinic("Elm Pain Clinic", NURSE, "Nora Lee", "nurse")
        self._add_member(self._clinic, CLINICIAN, "Clara Moss", "clinician")
        self._add_member(self._clinic, ADMINISTRATOR, "Ada Lind", "administrator")
        self._add_member(self._clinic, CAREFUL, "Cora Quist", "clinician")
        self._new_clinic("Oak Pain Clinic", NEWCOMER, "Omar Reed", "administrator")
        self.followed: dict[str, Followed] = {}
        self._numbers = iter(range(2041, 2100))

    def close(self) -> None:
        self.app.extensions["block_diary"].database.close()

    def fill(self) -> None:
        """A block of every kind that a board or a block's page can show."""
        self._met()
        self._not_met()
        self._in_progress()
        self._no_baseline()
        self._waiting()
        self._everything()
        self._cancelled()
        self._second_of_two()

    def _met(self) -> None:
        phone = self._enrol("met", "left")
        self._rate(phone, "met", "08:50", 7, kind="baseline")
        self._start("met", "09:10")
        for clock, score in zip(
            ("09:26", "09:41", "10:12", "11:11", "12:14", "13:12", "15:11"),
            (4, 2, 1, 1, 0, 1, 1),
            strict=True,
        ):
            self._rate(phone, "met", clock, score, activities=["walking"])
        self._rate(phone, "met", "15:13", 1, felt="14:10")
        self._rate(phone, "met", "16:13", 3, note="Carried the shopping up the stairs.")
        self._rate(phone, "met", "17:12", 5, rescue="16:40")

    def _not_met(self) -> None:
        phone = self._enrol("not met", "right", levels="L5/S1", agent="lidocaine")
        self._rate(phone, "not met", "09:05", 6, kind="baseline")
        self._start("not met", "09:30")
        scores = (5, 4, 4, 5, 5, 6, 6)
        clocks = ("09:47", "10:02", "10:31", "11:33", "12:32", "14:30", "15:34")
        for clock, score in zip(clocks, scores, strict=True):
            self._rate(phone, "not met", clock, score)

    def _in_progress(self) -> None:
        name = "in progress"
        phone = self._enrol(name, "both", sites=("left", "right"))
        self._remind(phone, "1")
        self._rate(phone, name, "14:20", {"left": 8, "right": 6}, kind="baseline")
        self._start(name, "14:55", by="phone")
        for clock, left, right in (
            ("15:11", 4, 5),
            ("15:26", 2, 4),
            ("15:57", 1, 4),
            ("16:56", 1, 5),
            ("17:58", 0, 5),
        ):
            self._rate(phone, name, clock, {"left": left, "right": right})

    def _no_baseline(self) -> None:
        phone = self._enrol("undetermined", "left", region="cervical", levels="C4/5")
        self._start("undetermined", "10:05")
        for clock, score in (("10:21", 3), ("11:07", 2), ("12:08", 2), ("13:06", 2)):
            self._rate(phone, "undetermined", clock, score)

    def _waiting(self) -> None:
        phone = self._enrol("waiting", "right")
        self._remind(phone, "2")
        self._rate(phone, "waiting", "17:55", 8, kind="baseline")
        self._enrol("no phone", "left", levels="L3/4, L4/5")

    def _everything(self) -> None:
        """A conflict, corrections, recalled and confounded readings, a wrong clock, two sites."""
        name, first, second = "everything", "left", "Right side and the right leg"
        phone = self._enrol(name, "both", sites=(first, second))

        def rate(clock: str, score: int, other: int, by: Phone = phone, **more: Any) -> str:
            return self._rate(by, name, clock, {first: score, second: other}, **more)

        rate("07:40", 7, 5, kind="baseline")
        self._start(name, "08:00")
        wrong = rate("09:02", 9, 9)
        rate("09:05", 1, 2, felt="09:02", replaces=wrong)
        again = dict(self._sent, scores={first: 3, second: 3}, note="Sent twice")
        self._sync(phone, "09:06", again)
        rate("10:40", 1, 3, felt="10:00")
        rate("11:03", 2, 4, rescue="10:50")
        slow = phone.with_clock_ahead(minutes=-9)
        rate("12:01", 1, 4, by=slow, stamp="11:52", clock_difference_seconds=540.0)
        rate("13:01", 2, 4, by=slow, stamp="12:52", clock_difference_seconds=0.0)
        self._rate(
            phone, name, "14:03", {}, kind="unable", unable_reason="asleep", answered_by="helper"
        )
        taken = rate("15:01", 6, 6)
        self._rate(phone, name, "15:03", {}, felt="15:01", replaces=taken)
        note = "Walked to the station and back, then stood in the kitchen for an hour. " * 3
        rate("16:02", 4, 5, note=note.strip(), answered_by="helper")

    def _cancelled(self) -> None:
        self._enrol("cancelled", "right")
        with self.database.transaction() as session:
            block = blocks.get(session, self._clinic.id, self.followed["cancelled"].block_id)
            blocks.cancel(session, block, audit.SYSTEM, self._clock.now)

    def _second_of_two(self) -> None:
        """A whole day after a block that can be compared with an earlier one."""
        name = "second of two"
        phone = self._enrol(name, "left")
        second = self.followed[name]
        first = self._earlier_block(second)
        three_weeks = timedelta(days=21)
        for minutes, score in ((-20, 8), (16, 2), (31, 1), (62, 1), (121, 4), (182, 7)):
            felt_at = at("07:45") - three_weeks + timedelta(minutes=minutes)
            self._clock.now = felt_at
            kind = "baseline" if minutes < 0 else "rating"
            sent = an_entry(first, felt_at, scores={"main": score}, kind=kind)
            assert phone.outcomes(sent) == ["stored"]
        self._rate(phone, name, "07:35", 8, kind="baseline")
        self._start(name, "07:45")
        for minutes, score in zip(
            (16, 31, 61, 124, 181, 242, 303, 361, 422, 484, 540, 600),
            (3, 1, 1, 0, 1, 1, 1, 1, 4, 5, 6, 6),
            strict=True,
        ):
            clock = (at("07:45") + timedelta(minutes=minutes)).strftime("%H:%M")
            more = {"stated_percent": 90} if minutes == 181 else {}
            self._rate(phone, name, clock, score, activities=["walking", "chores"], **more)
        self._rate(phone, name, "17:50", 6, note="Sat in the garden.")
        self._rate(phone, name, "18:02", 5, note="Pain as usual again.")

    def keep_a_long_diary(self) -> None:
        """Four pains, 25 readings, and long notes in two scripts."""
        name = "long"
        sites = ("left", "right", "Right side and the right leg", "Neck and shoulder on turning")
        phone = self._enrol(name, "both", sites=sites, levels="L2/3, L3/4, L4/5, L5/S1")
        self._rate(phone, name, "07:35", dict.fromkeys(sites, 7), kind="baseline")
        self._start(name, "07:45")
        english = "Walked to the station and back, then stood in the kitchen for an hour. " * 6
        arabic = "مشيت إلى المحطة ثم وقفت في المطبخ ساعة كاملة وكان الألم أخف من المعتاد. " * 5
        for number in range(25):
            clock = (at("08:00") + number * timedelta(minutes=24)).strftime("%H:%M")
            note = (english, arabic, None)[number % 3]
            self._rate(phone, name, clock, dict.fromkeys(sites, number % 5), note=note)

    def _earlier_block(self, of: Followed) -> UUID:
        """Lidocaine, three weeks before, at the same level."""
        now = at("07:45") - timedelta(days=21)
        with self.database.transaction() as session:
            block = blocks.create(
                session,
                patients.get(session, self._clinic.id, of.patient_id),
                protocols.all_current(session, self._clinic.id)[0],
                number=1,
                region="lumbar",
                levels="L4/5, L5/S1",
                side="left",
                agent="lidocaine",
                sites=["main"],
                timezone="Europe/London",
                planned_on=now.date(),
                actor=audit.SYSTEM,
                now=now,
                given=GIVEN,
            )
            blocks.start(session, block, now, "clinic", audit.SYSTEM, now)
            blocks.get(session, self._clinic.id, of.block_id).number = 2
        return block.id

    def signed_in(self, email: str) -> dict[str, str]:
        """The cookies of somebody who signed in now."""
        self._clock.now = NOW
        return signed_in(self.app, email)

    def staff_id(self, email: str) -> int:
        with self.database.reading() as session:
            member = staff.of_email(session, email)
            assert member is not None
            return int(member.id)

    def _new_clinic(self, name: str, email: str, member: str, role: str) -> Clinic:
        now = self._clock.now
        with self.database.transaction() as session:
            clinic = clinics.create(
                session, name=name, telephone="555-0100", timezone="Europe/London", now=now
            )
            clinic.second_factor_for = "nobody"
            new_protocol(session, clinic, now=now)
        self._add_member(clinic, email, member, role)
        return clinic

    def _add_member(self, clinic: Clinic, email: str, name: str, role: str) -> None:
        with self.database.transaction() as session:
            member = new_member(session, clinic.id, email, role, self._clock.now, name)
            if email == CAREFUL:
                member.tf_totp_secret = self._vault.seal("A" * 32)

    def _enrol(
        self,
        name: str,
        side: str,
        *,
        region: str = "lumbar",
        levels: str = "L4/5, L5/S1",
        agent: str = "bupivacaine",
        sites: Sequence[str] = ("main",),
    ) -> Phone:
        """A patient with a block of today and, unless they have none, an enrolled phone."""
        now = self._clock.now = at("07:30")
        with self.database.transaction() as session:
            patient = patients.of_reference(
                session, self._clinic.id, f"RP-{next(self._numbers)}", "en", now
            )
            protocol = protocols.all_current(session, self._clinic.id)[0]
            block = blocks.create(
                session,
                patient,
                protocol,
                number=1,
                region=region,
                levels=levels,
                side=side,
                agent=agent,
                sites=list(sites),
                timezone="Europe/London",
                planned_on=TODAY,
                actor=audit.SYSTEM,
                now=now,
                given=GIVEN,
            )
            enrolment = enrolments.of_patient(session, patient, now)
            invited = enrolments.invite(session, self._vault, enrolment, audit.SYSTEM, now)
        self.followed[name] = Followed(patient.id, block.id)
        phone = Phone(self.app, self._clock)
        if name not in ("no phone", "cancelled"):
            answer = phone.redeem(code=invited.code)
            assert answer.status_code == 201, answer.text
        return phone

    def _remind(self, phone: Phone, name: str) -> None:
        subscription = {
            "endpoint": f"https://127.0.0.1/push/{name}",
            "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
        }
        answer = phone.request("PUT", "subscription", subscription)
        assert answer.status_code == 200, answer.text

    def _start(self, name: str, clock: str, by: blocks.Source = "clinic") -> None:
        self._clock.now = at(clock)
        with self.database.transaction() as session:
            block = blocks.get(session, self._clinic.id, self.followed[name].block_id)
            blocks.start(session, block, at(clock), by, audit.SYSTEM, at(clock))

    def _rate(
        self,
        phone: Phone,
        name: str,
        clock: str,
        scores: int | dict[str, int],
        *,
        felt: str | None = None,
        stamp: str | None = None,
        rescue: str | None = None,
        **more: Any,
    ) -> str:
        """One entry, sent at once; its id.

        :param scores: by pain site, or of the only one
        :param felt: the moment that it is about, if not now
        :param stamp: what the phone's own clock shows, if it is wrong
        """
        recorded_at = at(stamp or clock)
        self._sent = an_entry(
            self.followed[name].block_id,
            at(felt) if felt else recorded_at,
            recorded_at=recorded_at.isoformat(),
            rescue_at=at(rescue).isoformat() if rescue else None,
            scores={"main": scores} if isinstance(scores, int) else scores,
            **more,
        )
        self._sync(phone, clock, self._sent)
        return str(self._sent["id"])

    def _sync(self, phone: Phone, clock: str, item: dict[str, Any]) -> None:
        self._clock.now = at(clock)
        outcome = phone.outcomes(item)
        assert outcome in (["stored"], ["conflict"]), outcome
