"""The benchmark of a large installation runs, small, so that it cannot rot."""

import pytest

from benchmarks import size
from tests.rig.postgres import PostgresServer


def test_the_pages_and_the_files_of_two_sizes_are_measured(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "ROUNDS", 1)
    small, large = size.measure("sqlite", postgres, ((8, 4), (16, 4)), 2, ["blocks.csv"])
    assert (small.filled.blocks, large.filled.blocks) == (8, 16)
    for each in (small, large):
        assert each.times["board"].rows == each.filled.blocks  # all are of the last four days
        for its in each.times.values():
            assert 0 < its.p50 <= its.p95
        begun, end = each.peaks["blocks.csv"]
        assert 0 < begun <= end
    assert "16" in size.table([small, large])
