"""Other systems of a clinic: programs that read, and where finished reports are sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant, new_id, of_clinic
from server.storage.db import Base


class ApiToken(Base):
    """A program that may read a clinic's data until it expires; only the token's hash is kept."""

    __tablename__ = "api_token"
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[int]  #: staff member
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)  #: last, to the minute
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class ReportTarget(Base):
    """Where a clinic has its finished reports sent."""

    __tablename__ = "report_target"
    __table_args__ = (UniqueConstraint("clinic_id", "kind"),)
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    kind: Mapped[str]  #: fhir or webhook
    url: Mapped[str]
    #: the FHIR server's token (None: it wants none), or what signs the webhook
    sealed_secret: Mapped[str | None]
    set_by: Mapped[int]  #: staff member
    set_at: Mapped[datetime] = mapped_column(Instant)


class ReportPush(Base):
    """One block's report on its way to one target. `due_at` is the queue: None: nothing to do."""

    __tablename__ = "report_push"
    __table_args__ = (UniqueConstraint("target_id", "block_id"),)
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    target_id: Mapped[UUID] = mapped_column(ForeignKey("report_target.id"))
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    state: Mapped[str]  #: waiting, delivered or failed
    due_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int]  #: since the report last changed
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[str | None]  #: of the last try, in one word
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[str | None]  #: of the report that was taken last: `fhir.transaction.version`
    #: resources that were taken with it, as "Observation/ID"
    sent: Mapped[list[Any]] = mapped_column(JSON)
