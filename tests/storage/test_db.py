"""Transactions are all or nothing, readers see one moment, and instants keep their zone."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from server.storage.db import Database
from server.storage.models import Clinic, Patient

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def clinic(created_at: datetime = NOON) -> Clinic:
    return Clinic(name="Elm", telephone="1", timezone="Europe/London", created_at=created_at)


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Clinic.name)))


def test_a_transaction_is_kept_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        session.add(clinic())
    assert names(database) == ["Elm"]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.add(clinic())
        session.flush()
        raise ZeroDivisionError
    assert names(database) == []


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.reading() as session:
        assert session.scalars(select(Clinic.name)).all() == []
        with database.transaction() as writing:
            writing.add(clinic())
        assert session.scalars(select(Clinic.name)).all() == []
    assert names(database) == ["Elm"]


def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Patient(clinic_id=uuid4(), reference="P1", created_at=NOON))


def test_an_instant_comes_back_in_utc_to_the_microsecond(database: Database) -> None:
    here = timezone(timedelta(hours=-5))
    with database.transaction() as session:
        session.add(clinic(datetime(2026, 3, 2, 7, 0, 0, 123456, tzinfo=here)))
    with database.reading() as session:
        created_at = session.scalars(select(Clinic.created_at)).one()
    assert created_at == NOON.replace(microsecond=123456)
    assert created_at.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), database.transaction() as session:
        session.add(clinic(NOON.replace(tzinfo=None)))
