"""A demo clinic for a first look: one block performed earlier today, one waiting.

Made on the first start of `block-diary run` only. What a patient would have sent goes through the
real phone API, so the demo shows nothing that the product cannot do.
"""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import segno
from flask.testing import FlaskClient

from server.config import Config
from server.domain.enrolment import shown_code
from server.domain.protocol import STANDARD
from server.domain.schedule import assessments
from server.new_clinic import open_clinic
from server.storage import blocks, clinics, enrolments, patients
from server.storage.db import Database
from server.storage.models import Block, Patient
from server.storage.vault import Vault
from server.web.context import Services

CLINIC = "Demo clinic"
EMAIL = "nurse@demo.example"
PERFORMED, WAITING = "DEMO-1", "DEMO-2"
SIGN_IN_FILE = "demo-password"
LONGEST_AGO = timedelta(hours=4, minutes=20)
#: The diary so far: score by assessment; the third hour is missed, as happens.
SCORES = {"15min": 4, "30min": 2, "1h": 1, "2h": 1, "4h": 3}
BASELINE = 7


def prepare(config: Config, now: datetime) -> list[str]:
    """Make the demo if this installation has no clinic yet; the lines that say how to get in.

    :return: what to print; empty when the installation has clinics of its own
    """
    database, vault = Database(config.database_url), Vault(config.secret_key)
    try:
        with database.reading() as session:
            found = clinics.all_of_them(session)
        if not found:
            _make(config, database, vault, now)
        elif [clinic.name for clinic in found] != [CLINIC]:
            return []
        return list(_how_to_get_in(config, database, vault, now))
    finally:
        database.close()


def _make(config: Config, database: Database, vault: Vault, now: datetime) -> None:
    zone = local_zone(os.environ.get("TZ", ""), Path("/etc/localtime"))
    today = now.astimezone(ZoneInfo(zone)).date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    performed_at = max(now - LONGEST_AGO, midnight)
    password = _new_password(config.data_dir / SIGN_IN_FILE)
    with database.transaction() as session:
        clinic, protocol = open_clinic(
            session,
            name=CLINIC,
            telephone="555-0100",
            timezone=zone,
            email=EMAIL,
            administrator="Demo nurse",
            password=password,
            second_factor_for="nobody",
            now=now,
        )
        made: dict[str, Block] = {}
        for reference, side, sites in (
            (PERFORMED, "left", ["main"]),
            (WAITING, "both", ["left", "right"]),
        ):
            patient = patients.of_reference(session, clinic.id, reference, "en", now)
            made[reference] = blocks.create(
                session,
                patient,
                protocol,
                number=1,
                region="lumbar",
                levels="L4/5, L5/S1",
                side=side,
                agent="bupivacaine",
                sites=sites,
                timezone=zone,
                planned_on=today,
                actor="system",
                now=now,
            )
        patient = patients.of_reference(session, clinic.id, PERFORMED, "en", now)
        invited = enrolments.invite(
            session, vault, enrolments.of_patient(session, patient, now), "system", now
        )
        blocks.start(session, made[PERFORMED], performed_at, "clinic", "system", now)
    _send_diary(config, made[PERFORMED], invited.code, performed_at, now)


def _new_password(file: Path) -> str:
    """Kept where only its owner reads it, before there is anybody to sign in: each start says it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(15)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(password)
    return password


def _send_diary(
    config: Config, block: Block, code: str, performed_at: datetime, now: datetime
) -> None:
    from server import create_app

    app = create_app(config, clock=lambda: now)
    phone = app.test_client()
    _post(phone, config, "redeem", {"code": code, "consented": True})
    scores = [("baseline", performed_at - timedelta(minutes=20), BASELINE)] + [
        ("rating", planned.due_at + timedelta(minutes=2), SCORES[planned.id])
        for planned in assessments(STANDARD, performed_at, block.timezone)
        if planned.id in SCORES and planned.due_at + timedelta(minutes=3) < now
    ]
    items = [_entry(block, kind, felt_at, score) for kind, felt_at, score in scores]
    _post(phone, config, "sync", {"sent_at": now.isoformat(), "items": items})
    services: Services = app.extensions["block_diary"]
    services.database.close()


def _entry(block: Block, kind: str, felt_at: datetime, score: int) -> dict[str, Any]:
    local = felt_at.astimezone(ZoneInfo(block.timezone))
    offset = local.utcoffset() or timedelta(0)
    return {
        "type": "diary_entry",
        "id": str(uuid4()),
        "block_id": str(block.id),
        "kind": kind,
        "felt_at": felt_at.isoformat(),
        "recorded_at": felt_at.isoformat(),
        "utc_offset_minutes": int(offset.total_seconds() // 60),
        "zone": block.timezone,
        "clock_difference_seconds": 0.0,
        "clock_measured_at": felt_at.isoformat(),
        "scores": dict.fromkeys(block.sites, score),
        "activities": ["walking"] if kind == "rating" else [],
    }


def _post(phone: FlaskClient, config: Config, path: str, body: dict[str, Any]) -> None:
    response = phone.post(
        f"/api/phone/{path}",
        json=body,
        base_url=config.public_url,
        headers={"Origin": config.public_url},
    )
    with response:
        if response.status_code >= 300:
            raise RuntimeError(f"the demo diary was refused: {response.get_data(as_text=True)}")


def _how_to_get_in(
    config: Config, database: Database, vault: Vault, now: datetime
) -> Iterator[str]:
    try:
        password = (config.data_dir / SIGN_IN_FILE).read_text(encoding="ascii")
    except OSError:
        password = f"is no longer in {SIGN_IN_FILE}; to begin anew, remove {config.data_dir}"
    with database.transaction() as session:
        clinic = clinics.all_of_them(session)[0]
        patient: Patient = patients.of_reference(session, clinic.id, WAITING, "en", now)
        enrolment = enrolments.of_patient(session, patient, now)
        enrolments.withdraw_invitations(session, enrolment, "system", now)
        invited = enrolments.invite(session, vault, enrolment, "system", now)
    link = f"{config.public_url}/e#{invited.token}"
    yield ""
    yield f"  Clinic   {config.public_url}/clinic/"
    yield f"           {EMAIL}   password {password}"
    yield f"  Phone    {link}"
    yield f"           or open {config.public_url} and type the code {shown_code(invited.code)}"
    yield f"           (patient {WAITING}, waiting for the block; made anew at each start)"
    yield ""
    if config.is_https:
        yield _terminal_qr(link)


def _terminal_qr(link: str) -> str:
    out = StringIO()
    segno.make(link, error="m").terminal(out, compact=True)
    return out.getvalue()


def local_zone(setting: str, localtime: Path) -> str:
    """The IANA name of this machine's time zone; "UTC" where it does not say.

    :param setting: what the variable TZ says, if anything
    :param localtime: the system's link into its zone files
    """
    _, _, linked = str(localtime.resolve()).partition("zoneinfo/")
    for name in (setting.lstrip(":"), linked):
        if name in available_timezones() and name != "localtime":
            return name
    return "UTC"
