"""The columns of the long file: a row for each score of each entry, and one for each assessment.

Rows are numbered as REDCap's repeating instruments are. Entries count in the order in which they
arrived, so that a later export gives every row the number that it had.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import get_args

from server.domain.compliance import AssessmentStatus
from server.domain.dossier import Dossier
from server.domain.entries import Kind, Source
from server.domain.listed import EntryStatus, ListedEntry
from server.domain.relief import Reading
from server.domain.schedule import Assessment, minutes_between
from server.interchange.csv_columns import Column, coded


@dataclass(frozen=True)
class ScoreRow:
    """One score of one entry; an entry without scores has one row, `site` None."""

    of: Dossier
    listed: ListedEntry
    site: str | None

    @property
    def score(self) -> int | None:
        return None if self.site is None else self.listed.about.entry.scores[self.site]

    @property
    def reading(self) -> Reading | None:
        return None if self.site is None else self.listed.readings.get(self.site)


@dataclass(frozen=True)
class AssessmentRow:
    """One assessment; `status` None while it has not opened."""

    of: Dossier
    assessment: Assessment
    status: AssessmentStatus | None


def score_rows(of: Dossier) -> Iterator[ScoreRow]:
    """Every score of a block in the order of arrival."""
    for listed in sorted(of.entries, key=_arrival):
        scored = listed.about.entry.scores
        if not scored:
            yield ScoreRow(of, listed, None)
        for site in of.diary.sites:
            if site in scored:
                yield ScoreRow(of, listed, site)


def assessment_rows(of: Dossier) -> Iterator[AssessmentRow]:
    """Every assessment of a block in order of due time; none before it has a time."""
    if of.record is not None and of.report is not None:
        for each in of.record.schedule:
            yield AssessmentRow(of, each, of.report.assessments.get(each.id))


def _arrival(listed: ListedEntry) -> tuple[object, str]:
    entry = listed.about.entry
    return entry.received_at, str(entry.id)


def _clock(row: ScoreRow) -> str:
    if row.listed.about.clock_uncertain:
        return "uncertain"
    return "corrected" if row.listed.shifted else "right"


def _due(row: AssessmentRow) -> Fraction | None:
    at = row.of.diary.performed_at
    return None if at is None else minutes_between(at, row.assessment.due_at)


SCORE_COLUMNS: tuple[Column[ScoreRow], ...] = (
    Column("entry_id", "text", "Entry", lambda row: row.listed.about.entry.id),
    Column("replaces", "text", "Corrects the entry", lambda row: row.listed.about.entry.replaces),
    Column(
        "kind",
        "radio",
        "Kind",
        lambda row: row.listed.about.entry.kind,
        choices=coded(*get_args(Kind)),
    ),
    Column("site", "text", "Pain", lambda row: row.site),
    Column("score", "integer", "Score", lambda row: row.score, least=0, most=10),
    Column(
        "status",
        "radio",
        "What became of it",
        lambda row: row.listed.status if row.reading is None else row.reading.status,
        choices=coded(
            *(code for each in get_args(EntryStatus) for code in (get_args(each) or (each,)))
        ),
        note="Only clean readings count",
    ),
    Column("corrected", "yesno", "A correction in time", lambda row: row.listed.corrected),
    Column(
        "minutes", "number", "Minutes since the block", lambda row: row.listed.minutes
    ),
    Column(
        "relief_percent",
        "integer",
        "Relief computed, percent; negative is worse",
        lambda row: None if row.reading is None else row.reading.relief_percent,
    ),
    Column(
        "qualifies",
        "yesno",
        "Reached the threshold",
        lambda row: None if row.reading is None else row.reading.qualifies,
    ),
    Column(
        "stated_percent",
        "integer",
        "Relief as the patient states it, percent",
        lambda row: row.listed.about.entry.stated_percent,
        least=0,
        most=100,
    ),
    Column("felt_at", "instant", "Felt at, UTC", lambda row: row.listed.about.felt_at, identifies=True),
    Column(
        "recorded_at",
        "instant",
        "Recorded at, UTC",
        lambda row: row.listed.about.recorded_at,
        identifies=True,
    ),
    Column(
        "received_at",
        "instant",
        "Received at, UTC",
        lambda row: row.listed.about.entry.received_at,
        identifies=True,
    ),
    Column("phone_felt_at", "instant", "Felt at, by the phone's clock, UTC",
           lambda row: row.listed.about.entry.felt_at, identifies=True),
    Column("phone_recorded_at", "instant", "Recorded at, by the phone's clock, UTC",
           lambda row: row.listed.about.entry.recorded_at, identifies=True),
    Column("phone_timezone", "text", "Zone of the phone", lambda row: row.listed.about.entry.zone),
    Column(
        "clock", "radio", "Clock of the phone", _clock, choices=coded("right", "corrected", "uncertain")
    ),
    Column(
        "medicine_at",
        "instant",
        "Extra pain medicine at, UTC",
        lambda row: row.listed.about.rescue_at,
        identifies=True,
    ),
    Column(
        "activities",
        "text",
        "Activities",
        lambda row: "; ".join(row.listed.about.entry.activities) or None,
    ),
    Column("note", "notes", "Note", lambda row: row.listed.about.entry.note, identifies=True),
    Column(
        "answered_by",
        "radio",
        "Answered by",
        lambda row: row.listed.about.entry.answered_by,
        choices=coded("patient", "helper"),
    ),
    Column(
        "unable_reason",
        "radio",
        "Why not rated",
        lambda row: row.listed.about.entry.unable_reason,
        choices=coded("asleep", "cannot_rate"),
    ),
    Column(
        "source",
        "radio",
        "Where it comes from",
        lambda row: row.listed.about.entry.source,
        choices=coded(*get_args(Source)),
        note="phone: the patient's own; telephone and paper: written down by staff",
    ),
    Column(
        "phone",
        "text",
        "Check word of the phone",
        lambda row: row.of.check_words.get(row.listed.about.entry.id),
    ),
)  # fmt: skip

ASSESSMENT_COLUMNS: tuple[Column[AssessmentRow], ...] = (
    Column("assessment", "text", "Assessment", lambda row: row.assessment.id),
    Column("due_at", "instant", "Due at, UTC", lambda row: row.assessment.due_at, identifies=True),
    Column("due_minutes", "number", "Due, minutes since the block", _due),
    Column(
        "outcome",
        "radio",
        "What became of it",
        lambda row: row.status,
        choices=coded(*get_args(AssessmentStatus)),
        note="Empty before it opens. A missed one has no score, and is never 0",
    ),
)
