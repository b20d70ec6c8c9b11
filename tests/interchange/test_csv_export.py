"""The CSV files say what the report says, are read back as they were written, and REDCap takes them."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice, repeat

import pytest

from server.domain.dossier import Dossier
from server.interchange.csv_columns import DICTIONARY_HEADER, written
from server.interchange.csv_export import blocks_csv, diary_csv, dictionary_csv
from server.interchange.report_file import report_json
from tests.interchange.dossiers import T0, a_dossier, an_entry, entry_id, everything

Rows = list[dict[str, str]]


def read(lines: Iterator[str]) -> Rows:
    return list(csv.DictReader(StringIO("".join(lines), newline="")))


def scores(of: Dossier) -> Rows:
    return [
        row for row in read(diary_csv([of])) if row["redcap_repeat_instrument"] == "diary_score"
    ]


def assessments(of: Dossier) -> Rows:
    return [row for row in read(diary_csv([of])) if row["redcap_repeat_instrument"] == "assessment"]


def test_every_figure_of_the_block_row_is_the_reports_own() -> None:
    of = everything()
    (row,) = read(blocks_csv([of]))
    assert of.report is not None
    told = report_json(of.report)
    for place, name in enumerate(of.diary.sites, 1):
        site = told["sites"][name]
        peak, onset = site["peak"] or {}, site["onset_minutes"] or [None, None]
        lasted = site["duration_minutes"] or [None, None]
        expected = {
            "baseline": site["baseline"],
            "verdict": site["verdict"],
            "reason": site["reason"],
            "peak_score": peak.get("score"),
            "peak_relief": peak.get("relief_percent"),
            "peak_minutes": peak.get("minutes"),
            "peak_readings": peak.get("readings"),
            "onset_after": onset[0],
            "onset_upto": onset[1],
            "lasted_least": lasted[0],
            "lasted_most": lasted[1],
            "single_reading": int(site["single_reading"]),
            "agent_window": site["agent_window"],
            "spid": site["spid_percent"],
        }
        for key, value in expected.items():
            assert row[f"site{place}_{key}"] == ("" if value is None else str(value)), key
    for key, value in told["compliance"].items():
        assert row[key] == str(value)
    for key, value in told["criteria"].items():
        assert row[key] == str(value)
    assert (row["site2_baseline_source"], row["site3_name"]) == ("staff", "")
    assert (row["performed_at"], row["performed_local"]) == (
        "2026-03-02 14:30:00",
        "2026-03-02T09:30:00-05:00",
    )


def test_every_score_of_every_entry_has_a_row_with_what_became_of_it() -> None:
    of = everything()
    rows = scores(of)
    told = [(row["entry_id"], row["site"], row["score"], row["status"]) for row in rows]
    right = "'" + of.diary.sites[1]
    assert told == [
        (str(entry_id(1)), "left", "7", "baseline"),
        (str(entry_id(1)), right, "5", "baseline"),
        (str(entry_id(2)), "left", "9", "replaced"),
        (str(entry_id(3)), "left", "4", "clean"),
        (str(entry_id(3)), right, "4", "clean"),
        (str(entry_id(4)), "left", "1", "clean"),
        (str(entry_id(4)), right, "6", "clean"),
        (str(entry_id(5)), "left", "1", "recalled"),
        (str(entry_id(7)), "", "", "unable"),
        (str(entry_id(6)), "left", "0", "clean"),
        (str(entry_id(6)), right, "5", "clean"),
        (str(entry_id(8)), "left", "2", "confounded"),
        (str(entry_id(9)), "left", "3", "confounded"),
    ]
    walk = rows[5]
    assert (walk["relief_percent"], walk["stated_percent"], walk["minutes"]) == ("86", "90", "61.5")
    assert rows[6]["relief_percent"] == "0"
    assert (rows[-1]["clock"], rows[0]["clock"]) == ("uncertain", "right")


def test_a_missed_assessment_has_a_row_and_no_score() -> None:
    rows = assessments(everything())
    missed = [row for row in rows if row["outcome"] == "missed"]
    assert {row["assessment"] for row in missed} >= {"30min", "6h"}
    assert all(row["score"] == "" for row in rows)
    assert [row["outcome"] for row in rows if row["assessment"] == "day1"] == [""]
    waiting = a_dossier(performed_at=None)
    assert assessments(waiting) == [] and scores(waiting) == []
    (row,) = read(blocks_csv([waiting]))
    assert (row["performed_at"], row["site1_verdict"], row["due"]) == ("", "", "")


def test_a_row_keeps_its_number_when_a_late_entry_arrives() -> None:
    first = [an_entry(1, 60, {"main": 1}), an_entry(3, 120, {"main": 2})]
    late = an_entry(2, 90, {"main": 3}, received_at=T0.replace(hour=20))

    def numbers(of: Dossier) -> dict[str, str]:
        return {row["entry_id"]: row["redcap_repeat_instance"] for row in scores(of)}

    before, after = numbers(a_dossier(*first)), numbers(a_dossier(*first, late))
    assert after == before | {str(entry_id(2)): "3"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "\u00a0@"])
def test_no_text_starts_a_formula(start: str) -> None:
    assert written(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["L4/5", "walking - stairs", "50 % + more", "", "ok"])
def test_other_text_is_left_alone(text: str) -> None:
    assert written(text) == text


def test_a_negative_number_is_no_text() -> None:
    worse = a_dossier(an_entry(1, -5, {"main": 5}, kind="baseline"), an_entry(2, 20, {"main": 6}))
    assert scores(worse)[1]["relief_percent"] == "-20"


def test_what_people_typed_comes_back_whole() -> None:
    of = everything()
    rows = scores(of)
    notes = [row["note"] for row in rows if row["note"]]
    assert notes[0] == "'@SUM(A1)"
    assert notes[1] == "'" + (of.diary.stored[7].note or "")
    assert rows[5]["activities"] == "walking; +stairs"


def test_the_dictionary_is_redcaps_and_names_every_column() -> None:
    lines = read(dictionary_csv())
    assert tuple(lines[0]) == DICTIONARY_HEADER and len(DICTIONARY_HEADER) == 18
    names = [line["Variable / Field Name"] for line in lines]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z](?:[a-z0-9]|_(?!_)){0,25}(?<!_)", name) for name in names)
    assert names[0] == "block_id"
    files = [*read(blocks_csv([everything()]))[0], *read(diary_csv([everything()]))[0]]
    repeats = {"redcap_repeat_instrument", "redcap_repeat_instance"}
    assert {name for name in files if name not in repeats} == set(names)


def test_every_cell_fits_what_the_dictionary_says_of_its_column() -> None:
    rules = {line["Variable / Field Name"]: line for line in read(dictionary_csv())}
    formats = {
        "integer": r"-?\d+",
        "number": r"-?\d+(\.\d+)?",
        "date_ymd": r"\d{4}-\d\d-\d\d",
        "datetime_seconds_ymd": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    }
    seen = 0
    for row in [*read(blocks_csv([everything()])), *read(diary_csv([everything()]))]:
        for name, cell in row.items():
            if not cell or name.startswith("redcap_"):
                continue
            rule = rules[name]
            choices = rule["Choices, Calculations, OR Slider Labels"]
            if rule["Field Type"] == "radio":
                assert cell in [each.split(", ")[0] for each in choices.split(" | ")], name
            elif rule["Field Type"] == "yesno":
                assert cell in ("0", "1"), name
            elif kind := rule["Text Validation Type OR Show Slider Number"]:
                assert re.fullmatch(formats[kind], cell), (name, cell)
            if least := rule["Text Validation Min"]:
                assert float(cell) >= float(least)
            seen += 1
    assert seen > 200


def test_lines_come_one_block_at_a_time() -> None:
    """Of blocks without end the first lines are there at once."""
    endless = repeat(everything())
    assert len(list(islice(blocks_csv(endless), 5))) == 5
    assert len(list(islice(diary_csv(endless), 50))) == 50
