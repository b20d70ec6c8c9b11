"""The block's page says what the report says, and shows every entry behind it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.cli import main
from tests.web.clinic.conftest import SQLITE, Phone, World


def page_of(world: World, block_id: str) -> str:
    answer = world.nurse.get(f"/clinic/blocks/{block_id}")
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace(" .", ".").replace(" ,", ",")


def entry_rows(html: str) -> list[str]:
    return [words(row) for row in re.findall(r'<tr role="row" id="entry.*?</tr>', html, re.DOTALL)]


def verdict_line(world: World, block_id: str) -> str:
    (line,) = re.findall(r'<div class="verdict".*?</div>', page_of(world, block_id), re.DOTALL)
    return words(line)


def rate_hourly(world: World, phone: Phone, block_id: str, *scores: int | None) -> None:
    """One momentary rating each hour after the block; None misses it."""
    start = world.clock.now
    for hour, score in enumerate(scores, 1):
        world.clock.now = start + timedelta(hours=hour)
        if score is not None:
            phone.rate(block_id, {"main": score})


def finished(world: World, *scores: int | None, baseline: int = 7, **answers: Any) -> str:
    block_id, phone = world.started({"main": baseline}, **answers)
    start = world.clock.now
    rate_hourly(world, phone, block_id, *scores)
    world.clock.now = start + timedelta(hours=9)
    return block_id


@SQLITE
@pytest.mark.parametrize(
    ("baseline", "scores", "says"),
    [
        (7, (1, 1, 1, 5), "Met: 80 % relief 3 of 4 clean readings in the first 8 h reached it,"
                          " lasting 2 h to 4 h: within the 2 to 12 h expected of bupivacaine."),
        (7, (3, 3, 3, 5), "Not met: 80 % relief No clean reading in the first 8 h reached 80 %"
                          " relief. 0 of 4"),
        (7, (1, 3, 3, 5), "Not met: 80 % relief 80 % relief was reached but not sustained"),
        (7, (1,), "Cannot be determined: 80 % relief There are fewer than 3 clean readings in the"
                  " first 4 h. 1 of 1 clean reading in the first 8 h reached it; a single reading"
                  " has no duration."),
        (7, (None, None, 1, 1), "Cannot be determined: 80 % relief There is no clean reading in"
                                " the first 2 h."),
        (3, (0, 0, 0, 3), "Cannot be determined: 80 % relief The baseline was 3, lower than the 4"),
        (0, (0, 0, 0), "Cannot be determined: 80 % relief The baseline was 0"),
    ],
)  # fmt: skip
def test_the_verdict_is_in_words(
    world: World, baseline: int, scores: tuple[int | None, ...], says: str
) -> None:
    block_id = finished(world, *scores, baseline=baseline)
    assert verdict_line(world, block_id).startswith(says)


def test_no_baseline_cannot_be_determined(world: World) -> None:
    block_id, phone = world.enrolled()
    phone.injection_done(block_id, world.clock.now)
    rate_hourly(world, phone, block_id, 1, 1, 1, 1, 1, 1, 1, 1)
    line = verdict_line(world, block_id)
    assert line.startswith("Cannot be determined: 80 % relief No baseline was given")


@SQLITE
def test_it_is_in_progress_until_the_verdict_horizon_has_passed(world: World) -> None:
    block_id, phone = world.started()
    start = world.clock.now
    rate_hourly(world, phone, block_id, 1, 1)
    assert verdict_line(world, block_id).startswith("In progress, so far: met: 80 % relief")
    world.clock.now = start + timedelta(hours=8) - timedelta(seconds=1)
    assert verdict_line(world, block_id).startswith("In progress")
    world.clock.now = start + timedelta(hours=8)
    assert verdict_line(world, block_id).startswith("Met")


def test_page_json_and_command_agree(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    block_id = finished(world, 1, 1, None, 5)
    as_json = world.nurse.get(f"/clinic/blocks/{block_id}/report.json").json
    record = world.nurse.get(f"/clinic/blocks/{block_id}/record.json").text
    file = tmp_path / "record.json"
    file.write_text(record, encoding="utf-8")
    capsys.readouterr()
    assert main(["report", str(file)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == as_json
    assert as_json is not None
    site = as_json["sites"]["main"]
    assert (site["verdict"], site["duration_minutes"]) == ("met", [60, 240])
    page = page_of(world, block_id)
    assert 'data-verdict="met"' in page
    assert "lasting 1 h to 4 h" in words(page)


def test_a_block_without_a_time_has_no_report(world: World) -> None:
    block_id, _ = world.enrolled()
    assert "When was it done?" in page_of(world, block_id)
    for name in ("report", "record"):
        assert world.nurse.get(f"/clinic/blocks/{block_id}/{name}.json").status_code == 409


def test_every_entry_is_shown_with_what_became_of_it(world: World) -> None:
    block_id, phone = world.started()
    start = world.clock.now
    world.clock.now = start + timedelta(hours=1, seconds=7)
    wrong = phone.rate(block_id, {"main": 9}, note="Walked <b>up</b> the stairs")
    world.clock.forward(minutes=3)
    phone.rate(
        block_id,
        {"main": 1},
        felt_at=(start + timedelta(hours=1, seconds=7)).isoformat(),
        replaces=wrong,
        stated_percent=90,
    )
    world.clock.now = start + timedelta(hours=3)
    phone.rate(block_id, {"main": 2}, felt_at=(start + timedelta(hours=2)).isoformat())
    phone.rate(block_id, {"main": 4}, rescue_at=(start + timedelta(hours=2.5)).isoformat())
    phone.rate(block_id, {}, kind="unable", unable_reason="asleep")
    page = page_of(world, block_id)
    rows = entry_rows(page)
    check_word = phone.state["check_word"]
    assert len(rows) == 6
    assert rows[0].startswith("10:00:00 1 min before the block, Mon 2 Mar 2026 7 Baseline")
    replaced = next(row for row in rows if "Replaced" in row)
    assert "11:01:07" in replaced and "9" in replaced
    assert "&lt;b&gt;up" in replaced
    corrected = next(row for row in rows if "corrects" in row)
    assert "1 (86 %) patient says 90 % relief Counted corrected" in corrected
    assert "11:04:07 received 11:04:07" in corrected
    assert any("Recalled" in row and "12:01:00" in row for row in rows)
    assert any("After medicine" in row and "pain medicine 12:31" in row for row in rows)
    assert any("Could not rate" in row and "asleep" in row for row in rows)
    assert all(check_word in row for row in rows)


def test_two_versions_of_one_entry_are_both_shown(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    entry = phone.rate(block_id, {"main": 1})
    phone.rate(block_id, {"main": 8}, id=entry)
    page = words(page_of(world, block_id))
    assert "Two versions of one entry" in page
    assert "8, felt 11:01:00 1, felt 11:01:00" in page


def test_an_uncertain_clock_is_said_beside_the_verdict(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    phone.rate(block_id, {"main": 1}, clock_difference_seconds=-600.0)
    assert "clock uncertain" in verdict_line(world, block_id)


def test_a_known_clock_error_is_corrected_and_the_raw_stamp_shown(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    phone.rate_by_own_clock(timedelta(minutes=10), block_id, {"main": 1})
    _, row = entry_rows(page_of(world, block_id))
    assert row.startswith("11:01:00 1 h after the phone said 10:51:00 1 (86 %) Counted")
    assert "11:01:00 the phone said 10:51:00 received 11:01:00" in row
    assert row.endswith("clock corrected")


class TestTheBlocksTime:
    def set_time(self, world: World, block_id: str, on: str, at: str, **more: str) -> Any:
        form = {"performed_on": on, "performed_time": at, **more}
        return world.nurse.post(f"/clinic/blocks/{block_id}/time", form)

    def performed_at(self, world: World, block_id: str) -> datetime:
        record = world.nurse.get(f"/clinic/blocks/{block_id}/record.json").json
        assert record is not None
        return datetime.fromisoformat(record["block"]["performed_at"])

    def test_it_is_read_in_the_blocks_zone(self, world: World) -> None:
        block_id, _ = world.enrolled(timezone="Europe/London")
        assert self.set_time(world, block_id, "2026-03-02", "14:30").status_code == 303
        assert self.performed_at(world, block_id) == datetime(2026, 3, 2, 14, 30, tzinfo=UTC)

    def test_the_clinics_time_wins_over_the_patients(self, world: World) -> None:
        block_id, phone = world.started()
        assert "That time is used until you set one" in words(page_of(world, block_id))
        assert self.set_time(world, block_id, "2026-03-02", "09:45").status_code == 303
        world.clock.forward(minutes=5)
        phone.injection_done(block_id, world.clock.now)
        assert self.performed_at(world, block_id) == datetime(2026, 3, 2, 14, 45, tzinfo=UTC)
        page = words(page_of(world, block_id))
        assert "The patient says: Mon 2 Mar 2026 at 10:06. The clinic’s time is used." in page

    @SQLITE
    @pytest.mark.parametrize(("at", "status"), [("10:05", 303), ("10:06", 422)])
    def test_it_is_no_more_than_five_minutes_ahead(
        self, world: World, at: str, status: int
    ) -> None:
        block_id, _ = world.enrolled()
        assert self.set_time(world, block_id, "2026-03-02", at).status_code == status

    @SQLITE
    def test_what_was_typed_is_kept_when_it_is_refused(self, world: World) -> None:
        block_id, _ = world.enrolled()
        refused = self.set_time(world, block_id, "2026-03-02", "23:15")
        assert refused.status_code == 422
        assert refused.text.count("This time is still to come") == 2
        assert 'value="23:15"' in refused.text

    @SQLITE
    def test_a_time_that_the_clocks_skipped_is_refused(self, world: World) -> None:
        world.clock.now = datetime(2026, 3, 8, 15, tzinfo=UTC)
        block_id, _ = world.enrolled()
        refused = self.set_time(world, block_id, "2026-03-08", "02:30")
        assert refused.status_code == 422
        assert "did not exist" in refused.text

    @SQLITE
    @pytest.mark.parametrize(("occurrence", "hour"), [("first", 5), ("second", 6)])
    def test_a_time_that_came_twice_is_asked_about(
        self, world: World, occurrence: str, hour: int
    ) -> None:
        world.clock.now = datetime(2026, 11, 1, 15, tzinfo=UTC)
        block_id, _ = world.enrolled()
        asked = self.set_time(world, block_id, "2026-11-01", "01:30")
        assert asked.status_code == 422
        assert 'name="occurrence"' in asked.text
        answer = self.set_time(world, block_id, "2026-11-01", "01:30", occurrence=occurrence)
        assert answer.status_code == 303
        assert self.performed_at(world, block_id) == datetime(2026, 11, 1, hour, 30, tzinfo=UTC)

    def test_a_cancelled_block_gets_none(self, world: World) -> None:
        block_id, _ = world.enrolled()
        world.nurse.post(f"/clinic/blocks/{block_id}/cancel")
        refused = self.set_time(world, block_id, "2026-03-02", "09:45")
        assert refused.status_code == 422
        assert "This block is cancelled" in refused.text


class TestTheBaseline:
    def test_what_staff_enter_wins_and_says_who(self, world: World) -> None:
        block_id, _ = world.started({"main": 7})
        form = {"site": "main", "score": "6"}
        assert world.nurse.post(f"/clinic/blocks/{block_id}/baseline", form).status_code == 303
        page = words(page_of(world, block_id))
        assert "6 entered by Nora, 10:01" in page
        report = world.nurse.get(f"/clinic/blocks/{block_id}/report.json").json
        assert report is not None
        assert report["sites"]["main"]["baseline"] == 6

    @SQLITE
    @pytest.mark.parametrize("score", ["11", "-1", "", "7.5", "2-8"])
    def test_it_is_a_whole_number_from_0_to_10(self, world: World, score: str) -> None:
        block_id, _ = world.enrolled()
        form = {"site": "main", "score": score}
        refused = world.nurse.post(f"/clinic/blocks/{block_id}/baseline", form)
        assert refused.status_code == 422
        assert f'value="{score}"' in refused.text

    @SQLITE
    def test_it_is_of_a_site_of_the_block(self, world: World) -> None:
        block_id, _ = world.enrolled()
        form = {"site": "elbow", "score": "5"}
        refused = world.nurse.post(f"/clinic/blocks/{block_id}/baseline", form)
        assert refused.status_code == 422
        assert "elbow is not a pain site of this block" in refused.text


@SQLITE
def test_nothing_on_the_page_is_styled_or_scripted_inline(world: World) -> None:
    block_id = finished(world, 1, 1, 1, 5, side="both", sites="main")
    page = page_of(world, block_id)
    assert "style=" not in page
    assert "<style" not in page
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"\son\w+=", page) == []
