"""The file format where the shared vectors cannot go: bytes, sizes, depth and exact numbers."""

import json
import re
import time
from fractions import Fraction

import pytest

from server.domain.errors import Invalid
from server.domain.report import report
from server.interchange.report_file import parse, record_json, report_json

DIARY = {
    "block": {
        "performed_at": "2026-03-02T15:00:00Z",
        "timezone": "America/New_York",
        "agent": "bupivacaine",
    },
    "baseline": {"main": 8},
    "entries": [],
    "as_of": "2026-03-06T12:00:00Z",
}


def text(**changes):
    return json.dumps({**DIARY, **changes}).encode()


def with_number(key, number):
    return text(criteria={key: "@"}).replace(b'"@"', number.encode())


def refusal(data):
    with pytest.raises(Invalid) as refused:
        parse(data)
    return refused.value


def test_ten_million_bytes_are_read_and_one_more_is_not():
    padded = text().ljust(10_000_000)
    assert parse(padded) == parse(text())
    assert "10,000,000" in refusal(padded + b" ").problem


@pytest.mark.parametrize(
    "data", [b"\xff", b'{"\xc3": 1}', b"\xed\xa0\x80", text().decode().encode("utf-16")]
)
def test_what_is_not_utf8_is_refused(data):
    assert "UTF-8" in refusal(data).problem


def test_a_byte_order_mark_is_refused():
    assert "byte order mark" in refusal(b"\xef\xbb\xbf" + text()).problem


def test_thirty_two_open_brackets_are_read_and_one_more_is_not():
    assert "brackets" not in refusal(b"[" * 32 + b"]" * 32).problem
    assert "32 brackets" in refusal(b"[" * 33 + b"]" * 33).problem
    closed_in_between = b"[" + b"[]," * 40 + b"[]]"
    assert "brackets" not in refusal(closed_in_between).problem


@pytest.mark.parametrize("activity", ["[" * 40, '"' + "[" * 40, '\\"' + "{" * 40, "\\"])
def test_brackets_within_a_text_are_not_open(activity):
    entry = {"id": "e", "felt_at": DIARY["as_of"], "recorded_at": DIARY["as_of"]}
    found = parse(text(entries=[{**entry, "activities": [activity]}]))
    assert found.entries[0].activities == (activity,)


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * 4_999_999,
        b"[" * 10_000_000,
        b'{"a":' * 2_000_000,
        b"9" * 10_000_000,
        b'"' * 10_000_000,
    ],
    ids=["quotes", "lists", "objects", "digits", "texts"],
)
def test_a_hostile_file_is_refused_soon(data):
    start = time.process_time()
    refusal(data)
    assert time.process_time() - start < 10


def test_a_diary_of_many_entries_is_read_in_time():
    stamp = "2026-03-02T16:{:02}:{:02}.{:06}Z"
    entries = [
        {
            "id": str(each),
            "felt_at": stamp.format(each // 600 % 60, each // 10 % 60, each),
            "recorded_at": stamp.format(each // 600 % 60, each // 10 % 60, each),
            "rescue_at": stamp.format(each // 600 % 60, each // 10 % 60, each),
            "replaces": str(each - 1) if each % 2 else None,
            "scores": {"main": 1},
        }
        for each in range(20_000)
    ]
    start = time.process_time()
    found = report(parse(text(entries=entries)))
    assert len(found.sites["main"].readings) == 10_000
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("89.99999999", Fraction(8_999_999_999, 10**8)),
        ("1e2", Fraction(100)),
        ("1.2E+2", Fraction(120)),
        ("9007199254740993e-10", Fraction(9_007_199_254_740_993, 10**10)),
        ("1e-400", Fraction(1, 10**400)),
        ("10000000", Fraction(10_000_000)),
        ("10000000.0", Fraction(10_000_000)),
    ],
)
def test_minutes_are_read_exactly(written, value):
    assert parse(with_number("early_minutes", written)).criteria.early_minutes == value


@pytest.mark.parametrize(
    "written", ["10000000." + "0" * 40 + "1", "1e999999999", "1e-999999999", "-1e400", "1e-1001"]
)
def test_minutes_beyond_reason_are_refused_with_their_path(written):
    assert refusal(with_number("early_minutes", written)).path == "criteria.early_minutes"


def test_an_exponent_beyond_reason_is_refused_by_name():
    assert (
        "1e-99999999999999999999"
        in refusal(with_number("early_minutes", "1e-99999999999999999999")).problem
    )


@pytest.mark.parametrize("written", ["7.0", "1e0", "70e-1"])
def test_a_score_is_told_to_be_written_without_point_or_exponent(written):
    problem = refusal(text(baseline={"main": "@"}).replace(b'"@"', written.encode())).problem
    assert problem.endswith("from 0 to 10, written without point or exponent")


@pytest.mark.parametrize("data", [b'{"a', b'["\n"]', b"{,"])
def test_where_the_json_breaks_is_said_in_a_sentence(data):
    problem = refusal(data).problem
    assert re.search(r"(?<! at) at line 1, column \d$", problem)


def test_a_count_of_readings_may_be_any_whole_number_of_a_thousand_digits():
    found = parse(with_number("not_met_readings", "9" * 1000))
    assert report_json(report(found))["criteria"]["not_met_readings"] == 10**1000 - 1
    assert refusal(with_number("not_met_readings", "9" * 5000)).path == "criteria.not_met_readings"


def test_minus_zero_is_zero():
    assert parse(text(baseline={"main": 0})) == parse(text().replace(b"8}", b"-0}"))
    assert parse(with_number("max_gap_minutes", "-0.0")).criteria.max_gap_minutes == 0


def test_an_empty_protocol_and_the_standard_one_in_full_differ_only_in_name():
    custom = [
        *({"id": f"{each}min", "after_minutes": each} for each in (15, 30)),
        *({"id": f"{each}h", "after_minutes": 60 * each} for each in (1, 2, 3, 4, 5, 6, 7, 8, 12)),
        *({"id": f"day{each}", "day": each, "at": "18:00"} for each in (1, 2, 3)),
    ]
    standard, listed = parse(text()), parse(text(protocol={"assessments": custom}))
    assert listed.protocol.assessments == standard.protocol.assessments
    assert listed.schedule == standard.schedule
    assert record_json(standard)["protocol"] == "standard"
    assert record_json(listed)["protocol"] == {"assessments": custom}


def test_a_record_is_written_with_nothing_left_to_a_default():
    written = record_json(parse(text()))
    assert list(written) == ["block", "protocol", "criteria", "baseline", "entries", "as_of"]
    assert len(written["criteria"]) == 9
    assert written["block"] == DIARY["block"]
    assert written["as_of"] == DIARY["as_of"]


def test_zone_names_are_those_of_iana_and_nothing_of_this_machine():
    for name in ("UTC", "Etc/GMT+12", "America/Argentina/Buenos_Aires", "US/Eastern"):
        assert parse(text(block={**DIARY["block"], "timezone": name})).timezone == name
    for name in ("localtime", "posixrules", "posix/UTC", "right/UTC", "utc", "./UTC"):
        found = refusal(text(block={**DIARY["block"], "timezone": name}))
        assert found.path == "block.timezone"
