"""The columns of the file with one row for each block: what was done, and what its report says."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from fractions import Fraction
from typing import Any, get_args
from zoneinfo import ZoneInfo

from server.domain.compliance import Compliance
from server.domain.dossier import Dossier
from server.domain.protocol import AGENTS, Criteria
from server.domain.report import SiteReport
from server.domain.verdict import Reason, Verdict, WindowWord
from server.interchange.csv_columns import Cell, Column, coded

MOST_SITES = 4
BLOCK_ID: Column[Dossier] = Column(
    "block_id", "text", "Block", lambda of: of.details.id, "Made by Block Diary; the record's id"
)
_WHOLE = {"threshold_percent", "min_baseline", "not_met_readings"}


def _criterion(name: str) -> Column[Dossier]:
    return Column(
        name,
        "integer" if name in _WHOLE else "number",
        f"Criterion: {name.replace('_', ' ')}",
        lambda of: getattr(of.diary.criteria, name),
    )


def _count(name: str, label: str) -> Column[Dossier]:
    return Column(
        name,
        "integer",
        label,
        lambda of: None if of.report is None else getattr(of.report.compliance, name),
        least=0,
    )


def _local(of: Dossier) -> str | None:
    at = of.diary.performed_at
    if at is None:
        return None
    return at.astimezone(ZoneInfo(of.diary.timezone)).isoformat(timespec="seconds")


def _signed_at(of: Dossier) -> datetime | None:
    return of.signed[-1].signed_at if of.signed else None


def _site(of: Dossier, place: int) -> SiteReport | None:
    if of.report is None or place >= len(of.diary.sites):
        return None
    return of.report.sites[of.diary.sites[place]]


def _source(of: Dossier, place: int) -> str | None:
    if place >= len(of.diary.sites):
        return None
    given = of.diary.baselines[of.diary.sites[place]]
    return None if given is None else given.source


def _site_columns(place: int) -> tuple[Column[Dossier], ...]:
    def column(name: str, kind: Any, label: str, read: Any, **more: Any) -> Column[Dossier]:
        def of_site(of: Dossier) -> Cell:
            found = _site(of, place)
            return None if found is None else read(found)

        return Column(
            f"site{place + 1}_{name}", kind, f"Pain {place + 1}: {label}", of_site, **more
        )

    def part(name: str, key: str) -> Callable[[SiteReport], Cell]:
        def read(found: SiteReport) -> Cell:
            whole = getattr(found, name)
            return None if whole is None else getattr(whole, key)

        return read

    def end(index: int) -> Callable[[SiteReport], Fraction | None]:
        return lambda found: found.onset_minutes and found.onset_minutes[index]

    return (
        Column(
            f"site{place + 1}_name",
            "text",
            f"Pain {place + 1}: name",
            lambda of: of.diary.sites[place] if place < len(of.diary.sites) else None,
        ),
        column("baseline", "integer", "baseline", lambda it: it.baseline, least=0, most=10),
        Column(
            f"site{place + 1}_baseline_source",
            "radio",
            f"Pain {place + 1}: who gave the baseline",
            lambda of: _source(of, place),
            choices=coded("patient", "staff"),
        ),
        column(
            "verdict", "radio", "verdict", lambda it: it.verdict, choices=coded(*get_args(Verdict))
        ),
        column("reason", "radio", "reason", lambda it: it.reason, choices=coded(*get_args(Reason))),
        column(
            "peak_score", "integer", "lowest clean score", part("peak", "score"), least=0, most=10
        ),
        column("peak_relief", "integer", "relief there, percent", part("peak", "relief_percent")),
        column("peak_minutes", "number", "first reached, minutes", part("peak", "minutes")),
        column(
            "peak_readings", "integer", "chosen from so many readings", part("peak", "readings")
        ),
        column("onset_after", "number", "relief set in after, minutes", end(0)),
        column("onset_upto", "number", "relief set in up to, minutes", end(1)),
        column(
            "lasted_least", "number", "lasted at least, minutes", part("duration", "lower_minutes")
        ),
        column(
            "lasted_most",
            "number",
            "lasted at most, minutes",
            part("duration", "upper_minutes"),
            note="Empty beside a least duration: nothing shows the end",
        ),
        column(
            "single_reading", "yesno", "relief in one reading only", lambda it: it.single_reading
        ),
        column(
            "agent_window",
            "radio",
            "duration beside the agent's window",
            lambda it: it.agent_window,
            choices=coded(*get_args(WindowWord)),
        ),
        column("spid", "number", "%SPID to 6 hours", lambda it: it.spid_percent),
    )


BLOCK_COLUMNS: tuple[Column[Dossier], ...] = (
    BLOCK_ID,
    Column(
        "patient_reference",
        "text",
        "Patient reference at the clinic",
        lambda of: of.details.reference,
        identifies=True,
    ),
    Column("block_number", "integer", "Number in the series", lambda of: of.details.number),
    Column(
        "region",
        "radio",
        "Region",
        lambda of: of.details.region,
        choices=coded("cervical", "thoracic", "lumbar"),
    ),
    Column("levels", "text", "Levels", lambda of: of.details.levels),
    Column(
        "side",
        "radio",
        "Side",
        lambda of: of.details.side,
        choices=coded("left", "right", "both"),
    ),
    Column("agent", "radio", "Anaesthetic", lambda of: of.diary.agent, choices=coded(*AGENTS)),
    Column(
        "concentration_percent",
        "number",
        "Its concentration, percent",
        lambda of: of.details.concentration_percent,
    ),
    Column("steroid", "yesno", "Steroid with it", lambda of: of.details.steroid),
    Column("sedation", "yesno", "Sedation", lambda of: of.details.sedation),
    Column("protocol", "text", "Protocol", lambda of: of.diary.protocol.name),
    Column("protocol_version", "integer", "Its version", lambda of: of.details.protocol_version),
    Column("planned_on", "date", "Planned for", lambda of: of.details.planned_on, identifies=True),
    Column(
        "performed_at",
        "instant",
        "Done at, UTC",
        lambda of: of.diary.performed_at,
        identifies=True,
    ),
    Column("performed_local", "text", "Done at, local time", _local, identifies=True),
    Column("timezone", "text", "Time zone", lambda of: of.diary.timezone),
    Column(
        "performed_source",
        "radio",
        "Who gave the time",
        lambda of: of.details.performed_at_source,
        choices=coded("clinic", "phone"),
    ),
    Column("cancelled", "yesno", "Cancelled", lambda of: of.details.cancelled_at is not None),
    Column("as_of", "instant", "Report as of, UTC", lambda of: of.as_of),
    Column("in_progress", "yesno", "The verdict can still change", lambda of: of.in_progress),
    Column(
        "clock_uncertain", "yesno", "A phone's clock is uncertain", lambda of: of.clock_uncertain
    ),
    Column("signed_at", "instant", "Last signed off, UTC", _signed_at),
    *(_criterion(each.name) for each in fields(Criteria)),
    *(
        _count(
            each.name, f"Assessments {each.name}" if each.name != "due" else "Assessments opened"
        )
        for each in fields(Compliance)
    ),
    *(column for place in range(MOST_SITES) for column in _site_columns(place)),
)
