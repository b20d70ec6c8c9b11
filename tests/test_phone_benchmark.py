"""The benchmark of the phone app runs, small, so that it cannot rot."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from benchmarks import first_load, saves, starts
from benchmarks.phone_server import serving
from benchmarks.phones import link_phone, visit_bare
from tests.browser.diary_server import DiaryServer


def test_the_benchmark_starts_both_pages_without_a_network_and_saves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "QUIET_MILLISECONDS", 100)
    monkeypatch.setattr(starts, "WARM_STARTS", 1)
    installation = DiaryServer(tmp_path / "data")
    with sync_playwright() as playwright:
        with serving(installation.config):
            link_phone(playwright, tmp_path / "diary", installation)
            visit_bare(playwright, tmp_path / "bare", installation)
        started = starts.measure(playwright, tmp_path, installation.url, rounds=1)
        saved = saves.measure(playwright, tmp_path, installation.url, count=2)
    installation.close()
    assert list(started) == ["cold", "warm"]
    for each in started.values():
        assert len(each.ratios) == 1
        assert each.ratios[0] > 0
    assert "x bare" in starts.table(started)
    assert all(0 < disk <= said for disk, said in zip(saved.disk, saved.said, strict=True))
    assert "tap until on disk" in saves.table(saved)


def test_another_lighthouse_and_a_page_without_a_score_are_not_passed_off() -> None:
    report = {"lighthouseVersion": "12.8.2"}
    with pytest.raises(first_load.NoLighthouse, match=r"12\.8\.2, not 13"):
        first_load.read(report)
    report = {
        "lighthouseVersion": "13.5.0",
        "audits": {},
        "categories": {"performance": {"score": None, "auditRefs": []}},
        "runtimeError": "NO_FCP",
    }
    with pytest.raises(first_load.NoLighthouse, match="NO_FCP"):
        first_load.read(report)
