"""A clinic with a row in every table that goes along, and the secrets that must not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from server.domain.staff_entries import StaffEntry
from server.storage import (
    accepted_languages,
    api_tokens,
    audit,
    email_reminders,
    models,
    passkeys,
    report_targets,
    retention,
    second_factors,
    sign_offs,
    staff,
    staff_access,
    staff_entries,
    subscriptions,
)
from server.storage.staff_tables import FormerStaffNumber
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import Vault
from tests.web.clinic.conftest import PASSWORD, Staff, World


@dataclass(frozen=True)
class Whole:
    """A clinic that has a row in every table, somebody who takes it along, and what is secret."""

    administrator: Staff
    secrets: dict[str, str]

    def save(self, path: Path) -> Path:
        answer = self.administrator.get("/clinic/keeping/clinic.zip")
        assert answer.status_code == 200, answer.text
        path.write_bytes(answer.data)
        return path


def whole_clinic(world: World) -> Whole:
    vault: Vault = world.app.extensions["block_diary"].vault
    clinic_id, now = world.clinic.id, world.clock.forward(microseconds=123456)
    administrator = world.member("administrator")
    ada = world.staff_id(administrator.email)
    clara = world.staff_id(world.member("clinician").email)
    with world.database.transaction() as session:
        member = staff.get(session, clinic_id, clara)
        app, _ = second_factors.new_offer(vault, member)
        member.tf_totp_secret = vault.seal(app)
        codes = second_factors.new_recovery_codes(session, vault, member, now)
        passkeys.add(
            session,
            member,
            credential_id=b"credential of Clara",
            public_key=b"key of Clara",
            sign_count=0,
            name="Clara's phone",
            is_synced=True,
            now=now,
        )
        link = staff_access.invite(session, vault, member, audit.SYSTEM, now)
        row, token = api_tokens.make(
            session,
            vault,
            clinic_id,
            name="R",
            scopes=["fhir:read"],
            days=30,
            staff_id=ada,
            now=now,
        )
        report_targets.set_target(
            session,
            vault,
            clinic_id,
            "webhook",
            "https://hub.example/told",
            "hush-hush",
            (),
            ada,
            now,
        )
        accepted_languages.accept(session, clinic_id, "de", ada, now)
        retention.decide(session, clinic_id, 12, "erase", ada, now)
    block_id, phone = world.started()
    with world.database.transaction() as session:
        device = session.query(models.Device).one()
        subscriptions.upsert(
            session,
            vault,
            device,
            BrowserSubscription("https://push.example/secret-path", "p256dh-secret", "auth-secret"),
            "https://push.example",
            world.clock.now,
        )
        patient = session.query(models.Patient).one()
        email_reminders.keep(session, vault, patient, "jo@mailbox.example", "staff:1", now)
    world.clock.forward(hours=1)
    phone.rate(block_id, {"main": 2}, note="fröhlich \u2028 \ud83d\ude00")
    with world.database.reading() as session:
        mail = session.query(models.Subscription).filter_by(push_service="email").one()
    mailbox = email_reminders.Mailbox.from_json(vault.open(mail.sealed))
    (cookie,) = [each for each in phone.client._cookies.values() if each.key == "diary"]
    with world.database.transaction() as session:
        block = session.query(models.Block).one()
        written = StaffEntry(uuid4(), "telephone_now", world.clock.now, {"main": 3})
        staff_entries.enter(session, block, written, ada, world.clock.now)
        sign_offs.add(
            session,
            block,
            staff_id=clara,
            comment="Seen",
            figures={"sites": {}, "x": 0.1},
            now=world.clock.now,
        )
        _rarely_filled(session, world, block, device)
    return Whole(
        administrator,
        {
            "password": str(_member(world, clara).password),
            "PASSWORD": PASSWORD,
            "app": app,
            "sealed app": str(_member(world, clara).tf_totp_secret),
            "recovery code": codes[0],
            "recovery code's hash": str(_member(world, clara).mf_recovery_codes[0]),
            "uniquifier": str(_member(world, clara).fs_uniquifier),
            "passkey": "credential of Clara",
            "staff link": link.token,
            "staff link's hash": vault.hash("staff link", link.token),
            "API token": token,
            "API token's hash": row.token_hash,
            "webhook": "hush-hush",
            "webhook's address": "hub.example/told",
            "endpoint": "secret-path",
            "p256dh": "p256dh-secret",
            "auth": "auth-secret",
            "token that stops e-mails": mailbox.stop_token,
            "sealed mailbox": mail.sealed,
            "cookie": cookie.value,
            "cookie's hash": vault.hash("cookie", cookie.value),
            "SECRET_KEY": world.app.extensions["block_diary"].config.secret_key,
        },
    )


def _member(world: World, staff_id: int) -> Any:
    with world.database.reading() as session:
        return staff.get(session, world.clinic.id, staff_id)


def _rarely_filled(session: Any, world: World, block: models.Block, device: models.Device) -> None:
    """The tables that a quiet day leaves empty."""
    ids = {"clinic_id": block.clinic_id, "enrolment_id": device.enrolment_id}
    now = world.clock.now
    of_phone = {"device_id": device.id, "content": {"a": 1.5}, "digest": "d", "received_at": now}
    session.add(models.EntryConflict(**ids, **of_phone, block_id=block.id, item_id=uuid4()))
    session.add(
        models.PatientChoice(**ids, **of_phone, id=uuid4(), kind="quiet_hours", chosen_at=now)
    )
    session.add(
        models.StaffBaseline(
            clinic_id=block.clinic_id,
            block_id=block.id,
            site="main",
            score=7,
            entered_by=1,
            entered_at=now,
        )
    )
    session.add(
        models.ReminderDelivery(
            clinic_id=block.clinic_id,
            reminder_id=session.query(models.Reminder).first().id,
            subscription_id=session.query(models.Subscription).first().id,
        )
    )
    session.add(
        models.ClinicTexts(clinic_id=block.clinic_id, language="de", opening_hours="8", advice="")
    )
    member = session.query(staff.User).filter_by(clinic_id=block.clinic_id).first()
    session.add(FormerStaffNumber(clinic_id=block.clinic_id, number=900, staff_id=member.id))
