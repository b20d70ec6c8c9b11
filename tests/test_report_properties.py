"""What must hold for every diary, whatever is in it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.domain.diary import ReportEntry, judge, standing
from server.domain.protocol import AGENTS, STANDARD, Criteria, PlannedAssessment, Protocol
from server.domain.report import BlockRecord, Report, report
from server.interchange.report_file import parse, record_json, report_json

T0 = datetime(2026, 3, 7, 15, tzinfo=UTC)
SITES = ("left", "right")
ZONES = ("UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Asia/Kathmandu")

minutes = st.one_of(
    st.sampled_from([0, 15, 30, 60, 90, 120, 150, 180, 240, 300, 360, 480]),
    st.integers(-30, 800),
    st.integers(-30, 800 * 60_000_000).map(lambda moment: moment / 60_000_000),
)
lags = st.one_of(st.just(0), st.sampled_from([-6, -5, 1, 5, 6, 59, 60, 61]))
points = st.integers(0, 10)


def after(elapsed, t0=T0):
    return t0 + timedelta(minutes=elapsed)


@st.composite
def diaries(draw, rescues=True):
    found = []
    for index in range(draw(st.integers(0, 8))):
        felt_at = after(draw(minutes))
        correct = found and draw(st.booleans()) and draw(st.booleans())
        replaces = draw(st.sampled_from(found)) if correct else None
        if replaces and draw(st.booleans()):
            felt_at = replaces.felt_at
        found.append(
            ReportEntry(
                id=f"{draw(st.sampled_from('abc'))}{index}",
                felt_at=felt_at,
                recorded_at=felt_at + timedelta(minutes=draw(lags)),
                scores=draw(st.dictionaries(st.sampled_from(SITES), points)),
                rescue_at=after(draw(minutes))
                if rescues and draw(st.integers(0, 6)) == 0
                else None,
                replaces=replaces.id if replaces else None,
                stated_percent=draw(st.none() | st.integers(0, 100)),
            )
        )
    return tuple(found)


criteria = st.builds(
    Criteria,
    threshold_percent=st.integers(1, 100),
    min_baseline=points,
    max_gap_minutes=st.sampled_from([Fraction(0), Fraction("89.99999999"), Fraction(90)]),
    rescue_minutes=st.sampled_from([Fraction(0), Fraction("30.5"), Fraction(360)]),
)
after_protocols = st.lists(
    st.integers(1, 400 * 10).map(lambda tenths: Fraction(tenths, 10)), unique=True, max_size=6
).map(
    lambda listed: Protocol(
        "custom", tuple(PlannedAssessment(str(each), after_minutes=each) for each in listed)
    )
)
daily_protocols = st.lists(
    st.tuples(st.integers(1, 4), st.times().map(lambda at: time(at.hour, at.minute))),
    unique_by=lambda planned: planned[0],
    max_size=3,
).map(
    lambda listed: Protocol(
        "custom", tuple(PlannedAssessment(f"day{day}", day=day, at=at) for day, at in listed)
    )
)
protocols = st.one_of(st.just(STANDARD), after_protocols, daily_protocols)


def records(protocol=protocols, rescues=True):
    return st.builds(
        BlockRecord,
        performed_at=st.just(T0),
        timezone=st.sampled_from(ZONES),
        agent=st.sampled_from(sorted(AGENTS)),
        protocol=protocol,
        criteria=criteria,
        baseline=st.fixed_dictionaries({site: st.none() | points for site in SITES}),
        entries=diaries(rescues),
        as_of=st.integers(-60, 6000).map(after),
    )


def figures(found: Report, *but: str):
    """What a report says of each site, without its list of readings (and without `but`)."""
    without = {"readings": (), **dict.fromkeys(but)}
    return {site: replace(each, **without) for site, each in found.sites.items()}


def readings(found: Report):
    return {site: each.readings for site, each in found.sites.items()}


@given(records(), st.randoms())
def test_the_order_of_entries_changes_nothing(record, random):
    shuffled = list(record.entries)
    random.shuffle(shuffled)
    assert report(replace(record, entries=tuple(shuffled))) == report(record)


@given(records(), minutes, st.integers(6, 3000), points)
def test_a_recalled_entry_changes_no_figure(record, felt, lag, score):
    felt_at = after(felt)
    recalled = ReportEntry(
        "recalled", felt_at, felt_at + timedelta(minutes=lag), dict.fromkeys(SITES, score)
    )
    before = report(record)
    since = report(replace(record, entries=(*record.entries, recalled)))
    assert figures(since) == figures(before)
    assert since.compliance.answered == before.compliance.answered
    assert since.compliance.due == before.compliance.due
    for site in SITES:
        kept = tuple(each for each in since.sites[site].readings if each.id != "recalled")
        assert kept == before.sites[site].readings


@given(records(), minutes, st.integers(1, 360), points)
def test_a_confounded_reading_changes_no_figure(record, taken, later, score):
    record = replace(record, criteria=replace(record.criteria, rescue_minutes=Fraction(360)))
    medicine = ReportEntry("medicine", after(taken), after(taken), rescue_at=after(taken))
    record = replace(record, entries=(*record.entries, medicine))
    felt_at = after(taken) + timedelta(minutes=later)
    confounded = ReportEntry("confounded", felt_at, felt_at, dict.fromkeys(SITES, score))
    before = report(record)
    since = report(replace(record, entries=(*record.entries, confounded)))
    # It is an answer to its assessment, on which %SPID depends.
    assert figures(since, "spid_percent") == figures(before, "spid_percent")


@given(records(after_protocols), st.integers(-(10**15), 10**15))
def test_shifting_every_instant_changes_nothing(record, microseconds):
    by = timedelta(microseconds=microseconds)
    shifted = replace(
        record,
        performed_at=record.performed_at + by,
        as_of=record.as_of + by,
        entries=tuple(
            replace(
                entry,
                felt_at=entry.felt_at + by,
                recorded_at=entry.recorded_at + by,
                rescue_at=entry.rescue_at and entry.rescue_at + by,
            )
            for entry in record.entries
        ),
    )
    assert report(shifted) == report(record)


@given(records(after_protocols), st.sampled_from(ZONES))
def test_the_zone_changes_nothing_without_daily_assessments(record, timezone):
    assert report(replace(record, timezone=timezone)) == report(record)


@given(records(daily_protocols), st.sampled_from(ZONES))
def test_the_zone_moves_daily_assessments_and_nothing_else(record, timezone):
    moved = report(replace(record, timezone=timezone))
    still = report(record)
    assert figures(moved, "spid_percent") == figures(still, "spid_percent")
    assert readings(moved) == readings(still)


@given(records(), st.data())
def test_a_withdrawn_entry_leaves_no_trace(record, data):
    named = {entry.replaces for entry in record.entries}
    free = [entry for entry in record.entries if entry.id not in named and not entry.replaces]
    if not free:
        return
    chosen = data.draw(st.sampled_from(free))
    withdrawal = replace(chosen, id="withdrawal", scores={}, rescue_at=None, replaces=chosen.id)
    without = tuple(entry for entry in record.entries if entry is not chosen)
    withdrawn = report(replace(record, entries=(*record.entries, withdrawal)))
    assert withdrawn == report(replace(record, entries=without))


@given(records(), st.data())
def test_correcting_an_entry_by_itself_changes_only_its_name(record, data):
    free = [each.entry for each in standing(record.entries) if not each.entry.replaces]
    if not free:
        return
    chosen = data.draw(st.sampled_from(free))
    repeated = replace(chosen, id=f"{chosen.id}+", replaces=chosen.id)
    since = report(replace(record, entries=(*record.entries, repeated)))
    before = report(record)
    assert figures(since) == figures(before)
    assert since.compliance == before.compliance


@given(records(), st.integers(-60, 6000))
def test_no_site_depends_on_as_of(record, elapsed):
    assert report(replace(record, as_of=after(elapsed))).sites == report(record).sites


@given(records(), st.integers(0, 3000))
def test_compliance_adds_up_and_only_grows(record, elapsed):
    now = report(record).compliance
    later = report(replace(record, as_of=record.as_of + timedelta(minutes=elapsed))).compliance
    for each in (now, later):
        assert each.answered + each.recalled + each.missed + each.pending == each.due
        assert each.due <= len(record.protocol.assessments)
    assert later.due >= now.due
    assert later.answered >= now.answered
    assert later.recalled >= now.recalled
    assert later.missed >= now.missed


@given(records())
def test_every_chain_of_corrections_leaves_one_entry_standing(record):
    firsts = [entry for entry in record.entries if entry.replaces is None]
    assert len(standing(record.entries)) == len(firsts)
    assert len(judge(record.entries)) == len(record.entries)


@given(records(protocols | daily_protocols))
def test_windows_are_in_order_and_never_overlap(record):
    schedule = record.schedule
    for each in schedule:
        assert record.performed_at <= each.opens_at <= each.due_at < each.closes_at
    for earlier, later in pairwise(schedule):
        assert earlier.due_at < later.due_at
        assert earlier.closes_at <= later.opens_at


@given(records())
def test_a_record_written_as_a_file_reads_back_the_same(record):
    written = json.dumps(record_json(record)).encode()
    assert parse(written) == record
    assert report_json(report(parse(written))) == report_json(report(record))
