"""The benchmarks of the reminder loop run, small, so that they cannot rot."""

from datetime import timedelta

import pytest

from benchmarks import claim_cost, reminder_loop


def test_the_benchmark_of_the_loop_measures_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_loop, "AHEAD", timedelta(seconds=1))
    monkeypatch.setattr(reminder_loop, "WARM_UP", 5)
    postgres = ("loop, PostgreSQL", "two loops, PostgreSQL")  # they differ in the address only
    measured = reminder_loop.measure(50, rounds=1, skipped=postgres)
    assert list(measured) == ["sender alone", "loop, SQLite"]
    for each in measured.values():
        assert 0 <= each.p50 <= each.p99 <= each.last
        assert each.cpu_us >= each.due_cpu_us > 0
    assert "loop, SQLite" in reminder_loop.table(measured, 50)


def test_a_claim_goes_by_the_queues_own_index_on_both_databases() -> None:
    costs = claim_cost.measure((1_000, 4_000), claims=2)
    assert [kind for kind, _ in costs] == ["sqlite", "sqlite", "postgresql", "postgresql"]
    for cost in costs.values():
        assert cost.milliseconds > 0
        assert "ix_reminder_next_try_at" in cost.plan
    assert "4,000" in claim_cost.table(costs)
