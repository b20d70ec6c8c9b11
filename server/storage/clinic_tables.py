"""What belongs to one clinic, table by table, and what of it may leave the installation.

Found by following the tables' own references, so that a table which is added later cannot be
forgotten: it goes along, or stands in `LEFT_TABLES` with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, ColumnElement, Table, select

from server.domain.errors import Invalid
from server.storage import audit, staff, staff_tables
from server.storage.columns import Instant
from server.storage.db import Base

#: The modules whose tables these are, besides `models`.
_DECLARED = (audit.AuditChain, staff.User, staff_tables.StaffSession)

CLINIC = "clinic"
STAFF = "staff_member"
ROLE = "staff_role"

#: Tables that stay, and why.
LEFT_TABLES: Mapping[str, str] = {
    "api_token": "lets a program in here; make a new one there",
    "installation_key": "is this installation's own",
    "invitation": "opens a diary at this address alone; make a new sheet there",
    "passkey_challenge": "is asked once, of somebody who signs in here",
    "reminder_loop": "is a process of this installation",
    "report_push": "is a delivery of this installation; the audit trail tells what was delivered",
    "report_target": "has a credential; two installations must not send to one system; `set_up_again`"
    " names it",
    "sign_in_try": "counts tries at this installation",
    "staff_invitation": "opens an access here; invite people there",
    "staff_passkey": "belongs to this address; staff add new ones there",
    ROLE: "is this installation's own list; what each person may do goes along by name",
    "staff_session": "is a browser that is signed in here",
}

_SIGN_IN = "proves somebody here; staff set up their sign-in anew there"
#: Columns of other tables that stay, and why. What must have a value gets one of no use.
LEFT_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "audit_event": {"id": "counts the rows of all clinics here; `number` is the clinic's own"},
    "device": {"secret_hash": "recognises a phone here; it is linked anew there"},
    STAFF: {
        "fs_uniquifier": _SIGN_IN,
        "fs_webauthn_user_handle": _SIGN_IN,
        "mf_recovery_codes": _SIGN_IN,
        "password": _SIGN_IN,
        "tf_phone_number": _SIGN_IN,
        "tf_primary_method": _SIGN_IN,
        "tf_totp_secret": _SIGN_IN,
        "totp_counter": _SIGN_IN,
        "us_phone_number": _SIGN_IN,
        "us_totp_secrets": _SIGN_IN,
    },
    "subscription": {
        "endpoint_hash": "recognises a browser or mailbox here",
        "sealed": "is how a phone is reached, or ends e-mails here; e-mail addresses go along",
    },
}


@dataclass(frozen=True)
class ClinicTable:
    """One table of a clinic: which of its rows are the clinic's, and what of them goes along."""

    table: Table
    mine: ColumnElement[bool]
    columns: tuple[Column[Any], ...]
    left: tuple[Column[Any], ...]

    @property
    def name(self) -> str:
        return self.table.name


def of_clinic(clinic_id: UUID) -> list[ClinicTable]:
    """Every table that goes along, what is referred to first.

    :raises LookupError: a table says neither whose its rows are nor why it stays
    """
    found = []
    for table in Base.metadata.sorted_tables:
        if table.name in LEFT_TABLES:
            continue
        left = LEFT_COLUMNS.get(table.name, {})
        found.append(
            ClinicTable(
                table,
                _mine(table, clinic_id),
                tuple(each for each in table.columns if each.name not in left),
                tuple(each for each in table.columns if each.name in left),
            )
        )
    return found


def left_behind() -> dict[str, str]:
    """By table, or table and column, why it stays; for whoever reads the file."""
    columns = {
        f"{table}.{column}": why
        for table, left in LEFT_COLUMNS.items()
        for column, why in left.items()
    }
    return dict(LEFT_TABLES) | columns


def refers_to(column: Column[Any], name: str) -> bool:
    """Is it a row of the table of that name which the column names?"""
    return any(key.column.table.name == name for key in column.foreign_keys)


def written(value: Any) -> Any:
    """A column's value as JSON has it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):  # an instant is one too
        return value.isoformat()
    return value


def read(column: Column[Any], value: Any) -> Any:
    """A column's value from what `written` gave.

    :raises Invalid: it is not what the column holds
    """
    if value is None and column.nullable:
        return None
    try:
        return _read(column, value)
    except (TypeError, ValueError):
        raise Invalid(column.name, "is not what is kept there") from None


def _read(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, JSON):
        return value
    if isinstance(column.type, Instant):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return instant.astimezone(UTC)
    kind = column.type.python_type
    if kind is UUID:
        return UUID(value)
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError
    return value


def _mine(table: Table, clinic_id: UUID) -> ColumnElement[bool]:
    if table.name == CLINIC:
        return table.c.id == clinic_id
    if "clinic_id" in table.c:
        return table.c.clinic_id == clinic_id
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        owner = key.column.table
        if "clinic_id" in owner.c:
            return key.parent.in_(select(key.column).where(owner.c.clinic_id == clinic_id))
    raise LookupError(f"{table.name} does not say whose its rows are, nor why it stays here")
