"""All that a clinic holds, row by row, however much it is."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from server.storage import audit, clinic_mailboxes, clinic_tables, clinics, migrate
from server.storage.clinic_tables import ClinicTable
from server.storage.models import ApiToken, ReportTarget, Subscription
from server.storage.staff import Role
from server.storage.vault import Vault

AT_ONCE = 1000

Row = dict[str, Any]


def note(session: Session, clinic_id: UUID, actor: str, now: datetime) -> None:
    """Put on the trail that somebody takes everything along. Before the file is made, so that the
    trail in the file tells of it too."""
    details = {"file": "clinic.zip"}
    audit.record(session, clinic_id, actor, "clinic.exported", f"clinic:{clinic_id}", details, now)


def head(session: Session, clinic_id: UUID, now: datetime) -> dict[str, Any]:
    """What the file says of itself: whose it is, since when, which tables it fits, what it lacks.

    :raises NotFound: there is no such clinic
    """
    return {
        "clinic": {"id": str(clinic_id), "name": clinics.get(session, clinic_id).name},
        "made_at": now.isoformat(),
        "revision": migrate.head(),
        "left_behind": clinic_tables.left_behind(),
        "set_up_again": _set_up_again(session, clinic_id),
    }


def _set_up_again(session: Session, clinic_id: UUID) -> dict[str, list[str]]:
    """The other systems: whose credentials stay here, and what they were called. Of an address the
    host, since the rest of it may be what lets a message in."""
    mine = select(ReportTarget).where(ReportTarget.clinic_id == clinic_id)
    targets = session.scalars(mine.order_by(ReportTarget.kind))
    programs = select(ApiToken.name).where(ApiToken.clinic_id == clinic_id)
    programs = programs.where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.created_at)
    return {
        "reports_to": [f"{each.kind} {urlsplit(each.url).netloc}" for each in targets],
        "programs": list(session.scalars(programs)),
    }


def tables(session: Session, vault: Vault, clinic_id: UUID) -> Iterator[tuple[str, Iterable[Row]]]:
    """By name, the rows of each table in a fixed order; to be read one table after the other."""
    for each in clinic_tables.of_clinic(clinic_id):
        if each.name == clinic_mailboxes.TABLE:
            yield each.name, _mailboxes(session, vault, each)
        else:
            yield each.name, _rows(session, each)


def _mailboxes(session: Session, vault: Vault, of: ClinicTable) -> Iterator[Row]:
    for row in _rows(session, of, Subscription.sealed):
        row[clinic_mailboxes.ADDRESS] = clinic_mailboxes.opened(vault, row, row.pop("sealed"))
        yield row


def _rows(session: Session, of: ClinicTable, *beside: Any) -> Iterator[Row]:
    names = [column.name for column in (*of.columns, *beside)]
    wanted = select(*(_told(column) for column in of.columns), *beside).where(of.mine)
    # The trail's own number stands for the one that stays here.
    order = [key for key in of.table.primary_key if key in of.columns] or [of.table.c.number]
    wanted = wanted.order_by(*order).execution_options(yield_per=AT_ONCE)
    with session.execute(wanted) as found:
        for row in found:
            yield dict(zip(names, map(clinic_tables.written, row), strict=True))


def _told(column: Any) -> ColumnElement[Any]:
    """The column; a role by its name, since its number is the installation's own."""
    if clinic_tables.refers_to(column, clinic_tables.ROLE):
        return select(Role.name).where(Role.id == column).scalar_subquery()
    found: ColumnElement[Any] = column
    return found
