"""Bringing in a clinic that comes from another installation: all of it, or nothing.

What proved somebody there proves nobody here. Phones are reached no more until they are linked
anew, mailboxes until staff say so, staff need a link, and everything else is as it was.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Column, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.domain.errors import Conflict, Invalid
from server.storage import audit, audit_check, clinic_mailboxes, clinic_tables, staff
from server.storage.clinic_tables import CLINIC, ROLE, STAFF, ClinicTable
from server.storage.models import Clinic
from server.storage.staff import User
from server.storage.staff_tables import FormerStaffNumber
from server.storage.vault import Vault

AT_ONCE = 500

Row = Mapping[str, Any]
#: The rows of a table by its name; asked for more than once.
RowsOf = Callable[[str], Iterable[Row]]


def bring_in(
    session: Session,
    vault: Vault,
    clinic_id: UUID,
    rows_of: RowsOf,
    origin: Mapping[str, Any],
    now: datetime,
) -> int:
    """Add a clinic with everything that `clinic_export` gave of it. How many rows came.

    :param origin: what the trail keeps of where it comes from
    :raises Conflict: it is here already, or an id of it is taken
    :raises Invalid: a row is not what its table holds, leads to another clinic, or the trail is
        not whole
    """
    if session.get(Clinic, clinic_id) is not None:
        raise Conflict("This clinic is here already. Nothing was brought in.")
    arrival = _Arrival(session, vault, clinic_id, rows_of, now)
    tables = clinic_tables.of_clinic(clinic_id)
    count = sum(_add(session, each, arrival, rows_of) for each in tables)
    _refuse_other_clinics(session, tables, clinic_id)
    checked = audit_check.check(session, clinic_id)
    if checked.broken:
        raise Invalid(
            "audit_event.jsonl",
            f"the audit trail is not whole: {checked.broken}. Run block-diary verify-audit where"
            " the clinic comes from; nothing was brought in",
        )
    about = f"clinic:{clinic_id}"
    details = dict(origin) | {"trail_rows": checked.rows, "trail_seal": checked.hash}
    audit.record(session, clinic_id, audit.SYSTEM, "clinic.imported", about, details, now)
    return count


class _Arrival:
    """What becomes of a row on its way in."""

    def __init__(
        self, session: Session, vault: Vault, clinic_id: UUID, rows_of: RowsOf, now: datetime
    ) -> None:
        self._session, self._vault, self.clinic_id, self._now = session, vault, clinic_id, now
        members = [_member(row) for row in rows_of(STAFF)]
        former = [row.get("number") for row in rows_of(FormerStaffNumber.__tablename__)]
        numbers = [number for number, _ in members]
        taken = set(session.scalars(select(User.id)))
        highest = max([0, *taken, *numbers, *(each for each in former if type(each) is int)])
        #: by their number there, their number here
        self.numbers = {
            number: highest + place if number in taken else number
            for place, number in enumerate(numbers, 1)
        }
        self._addresses = set(
            session.scalars(select(User.email).where(User.email.in_([each for _, each in members])))
        )
        self._roles: dict[str, int] = {}

    def row(self, of: ClinicTable, given: Row) -> dict[str, Any]:
        """:raises Invalid: it is not a row of the table and of the clinic"""
        beside = {clinic_mailboxes.ADDRESS} if of.name == clinic_mailboxes.TABLE else set()
        if set(given) != {column.name for column in of.columns} | beside:
            raise Invalid("", "has not the columns of this version")
        row = {column.name: self._value(column, given[column.name]) for column in of.columns}
        if row.get("id" if of.name == CLINIC else "clinic_id", self.clinic_id) != self.clinic_id:
            raise Invalid("clinic_id", "is another clinic's")
        for column in of.left:
            if not column.primary_key:
                row[column.name] = None if column.nullable else secrets.token_hex(32)
        if beside:
            clinic_mailboxes.close(self._vault, row, given[clinic_mailboxes.ADDRESS])
        self._settle(of.name, row)
        return row

    def _value(self, column: Column[Any], value: Any) -> Any:
        if clinic_tables.refers_to(column, ROLE):
            name = str(value)
            if name not in self._roles:
                role = staff.role_of_name(self._session, name)
                self._session.flush()
                self._roles[name] = role.id
            return self._roles[name]
        found = clinic_tables.read(column, value)
        if clinic_tables.refers_to(column, STAFF) or (
            column.table.name == STAFF and column.primary_key
        ):
            if found not in self.numbers:
                raise Invalid(column.name, "is nobody of this clinic")
            return self.numbers[found]
        return found

    def _settle(self, table: str, row: dict[str, Any]) -> None:
        """What cannot go on as it was where it comes from."""
        if table == "device":
            row["revoked_at"] = row["revoked_at"] or self._now
        elif table == "subscription" and row["retired_at"] is None:
            row["retired_at"], row["retired_because"] = self._now, "imported"
        elif table == "reminder":
            row["leased_until"] = None  # whoever had it in hand sends it there, or not at all
        elif table == STAFF and row["email"] in self._addresses:
            # They sign in at another clinic here. What they did here stays under their name.
            row["email"] = f"{row['email']}.{secrets.token_hex(4)}.invalid"
            row["active"] = False


def _member(row: Row) -> tuple[int, str]:
    number, address = row.get("id"), row.get("email")
    if type(number) is not int or type(address) is not str or number < 1:
        raise Invalid(f"{STAFF}.jsonl", "a row is not a staff member's")
    return number, address


def _add(session: Session, of: ClinicTable, arrival: _Arrival, rows_of: RowsOf) -> int:
    count = 0
    rows = iter(rows_of(of.name))
    while batch := [_read(of, given, arrival, count + at) for at, given in _some(rows)]:
        try:
            session.execute(insert(of.table), batch)
        except IntegrityError:
            raise Conflict(
                f"{of.name}.jsonl has an id that is taken here, or a row that leads nowhere."
                " Nothing was brought in."
            ) from None
        count += len(batch)
    if of.name == STAFF:
        _keep_numbers(session, arrival)
    return count


def _some(rows: Iterator[Row]) -> list[tuple[int, Row]]:
    return list(enumerate(islice(rows, AT_ONCE), 1))


def _read(of: ClinicTable, given: Row, arrival: _Arrival, number: int) -> dict[str, Any]:
    try:
        return arrival.row(of, given)
    except Invalid as error:
        raise Invalid(f"{of.name}.jsonl, line {number}", str(error)) from None


def _keep_numbers(session: Session, arrival: _Arrival) -> None:
    """Who has another number here is still known by the old one; nobody gets one that was used."""
    for before, now in arrival.numbers.items():
        if before != now:
            session.add(FormerStaffNumber(clinic_id=arrival.clinic_id, number=before, staff_id=now))
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(STAFF, "id")
        session.execute(select(func.setval(sequence, func.max(User.id))))


def _refuse_other_clinics(session: Session, tables: list[ClinicTable], clinic_id: UUID) -> None:
    """No row of the file may lead to what another clinic has here."""
    for each in tables:
        for key in each.table.foreign_keys:
            owner = key.column.table.alias()
            if "clinic_id" not in owner.c:
                continue
            led = select(func.count()).select_from(
                each.table.join(owner, owner.c[key.column.name] == key.parent)
            )
            if session.scalar(led.where(each.mine, owner.c.clinic_id != clinic_id)):
                raise Invalid(
                    f"{each.name}.jsonl",
                    f"{key.parent.name} leads to another clinic; nothing was brought in",
                )
