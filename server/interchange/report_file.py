"""A block and its diary as a JSON file, and the report of it as JSON.

The format is the one that `block-diary report` reads and writes. Source: docs/report.md.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from server.domain.comparison import SiteComparison
from server.domain.diary import ReportEntry
from server.domain.errors import Invalid
from server.domain.protocol import AGENTS, STANDARD
from server.domain.report import BlockRecord, Report, SiteReport
from server.interchange.fields import (
    a_list,
    a_record,
    an_object,
    each_of,
    instant,
    name,
    one_of,
    text,
    whole,
    zone,
)
from server.interchange.protocol_json import (
    criteria_json,
    json_number,
    protocol_json,
    read_criteria,
    read_protocol,
)
from server.interchange.strict_json import loads

Json = dict[str, Any]

MOST_SITES = 4


def parse(data: bytes) -> BlockRecord:
    """Read a block and its diary.

    :raises Invalid: anything that the format does not permit, with the path of the fault; where
        the JSON itself is at fault the path is empty
    """
    whole_file = a_record(
        loads(data), "", ("block", "baseline", "entries", "as_of"), ("protocol", "criteria")
    )
    block = a_record(whole_file["block"], "block", ("performed_at", "timezone", "agent"))
    baseline = _baseline(whole_file["baseline"])
    return BlockRecord(
        performed_at=instant(block["performed_at"], "block.performed_at"),
        timezone=zone(block["timezone"], "block.timezone"),
        agent=one_of(block["agent"], "block.agent", AGENTS),
        protocol=read_protocol(whole_file.get("protocol", "standard"), "protocol"),
        criteria=read_criteria(whole_file.get("criteria", {}), "criteria"),
        baseline=baseline,
        entries=tuple(
            _entry(entry, f"entries[{index}]", baseline)
            for index, entry in enumerate(a_list(whole_file["entries"], "entries"))
        ),
        as_of=instant(whole_file["as_of"], "as_of"),
    )


def _baseline(value: Any) -> dict[str, int | None]:
    sites = each_of(an_object(value, "baseline"), "baseline")
    if not 1 <= len(sites) <= MOST_SITES:
        raise Invalid("baseline", f"has {len(sites)} pain sites, not 1 to {MOST_SITES}")
    return {
        site: None if score is None else whole(score, path, 0, 10) for site, score, path in sites
    }


def _entry(value: Any, path: str, sites: dict[str, int | None]) -> ReportEntry:
    found = a_record(
        value,
        path,
        ("id", "felt_at", "recorded_at"),
        ("scores", "activities", "rescue_at", "replaces", "stated_percent"),
    )
    scores: dict[str, int] = {}
    for site, score, place in each_of(
        an_object(found.get("scores", {}), f"{path}.scores"), f"{path}.scores"
    ):
        if site not in sites:
            raise Invalid(place, "the baseline has no such pain site")
        scores[site] = whole(score, place, 0, 10)
    activities = a_list(found.get("activities", []), f"{path}.activities")
    rescue_at, replaces = found.get("rescue_at"), found.get("replaces")
    stated = found.get("stated_percent")
    return ReportEntry(
        id=name(found["id"], f"{path}.id"),
        felt_at=instant(found["felt_at"], f"{path}.felt_at"),
        recorded_at=instant(found["recorded_at"], f"{path}.recorded_at"),
        scores=scores,
        activities=tuple(
            text(each, f"{path}.activities[{index}]") for index, each in enumerate(activities)
        ),
        rescue_at=None if rescue_at is None else instant(rescue_at, f"{path}.rescue_at"),
        replaces=None if replaces is None else name(replaces, f"{path}.replaces"),
        stated_percent=None if stated is None else whole(stated, f"{path}.stated_percent", 0, 100),
    )


def record_json(record: BlockRecord) -> Json:
    """A block and its diary as the JSON that `parse` reads, with nothing left to a default.

    Minutes that are no exact decimal of 17 digits come out as the nearest.
    """
    standard = record.protocol == STANDARD
    return {
        "block": {
            "performed_at": _written(record.performed_at),
            "timezone": record.timezone,
            "agent": record.agent,
        },
        "protocol": "standard" if standard else protocol_json(record.protocol),
        "criteria": criteria_json(record.criteria),
        "baseline": dict(record.baseline),
        "entries": [
            {
                "id": entry.id,
                "felt_at": _written(entry.felt_at),
                "recorded_at": _written(entry.recorded_at),
                "scores": dict(entry.scores),
                "activities": list(entry.activities),
                "rescue_at": None if entry.rescue_at is None else _written(entry.rescue_at),
                "replaces": entry.replaces,
                "stated_percent": entry.stated_percent,
            }
            for entry in record.entries
        ],
        "as_of": _written(record.as_of),
    }


def report_json(report: Report) -> Json:
    """A report as JSON, keys in the documented order. Minutes are whole where they can be."""
    return {
        "criteria": criteria_json(report.criteria),
        "sites": {site: _site_json(found) for site, found in report.sites.items()},
        "compliance": asdict(report.compliance),
    }


def figures_json(report: Report) -> Json:
    """What a clinician signs: criteria and figures by site, without readings and compliance, which
    go on changing after the verdict is final."""
    sites = {site: _site_json(found) for site, found in report.sites.items()}
    for found in sites.values():
        del found["readings"]
    return {"criteria": criteria_json(report.criteria), "sites": sites}


def digest(value: Json) -> str:
    """A fingerprint of JSON, the same whatever the order of its keys."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def comparison_json(sites: dict[str, SiteComparison]) -> Json:
    """A comparison of two blocks as JSON."""
    return {"sites": {site: asdict(found) for site, found in sites.items()}}


def _site_json(site: SiteReport) -> Json:
    peak, lasted, onset = site.peak, site.duration, site.onset_minutes
    return {
        "baseline": site.baseline,
        "verdict": site.verdict,
        "reason": site.reason,
        "peak": peak
        and {
            "score": peak.score,
            "relief_percent": peak.relief_percent,
            "minutes": json_number(peak.minutes),
            "readings": peak.readings,
        },
        "onset_minutes": onset and [json_number(minutes) for minutes in onset],
        "duration_minutes": lasted
        and [json_number(lasted.lower_minutes), json_number(lasted.upper_minutes)],
        "single_reading": site.single_reading,
        "agent_window": site.agent_window,
        "spid_percent": None if site.spid_percent is None else float(site.spid_percent),
        "readings": [
            {**asdict(reading), "minutes": json_number(reading.minutes)}
            for reading in site.readings
        ],
    }


def _written(instant_at: datetime) -> str:
    return instant_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
