"""When a phone counts as one that does not show its reminders."""

from datetime import UTC, datetime, timedelta

import pytest

from server.domain.receipts import Ring, is_unconfirmed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ring(assessment_id: str, minutes_ago: float, confirmed: bool = False) -> Ring:
    accepted_at = NOW - minutes_ago * MINUTE
    return Ring(assessment_id, accepted_at, accepted_at + MINUTE if confirmed else None)


@pytest.mark.parametrize(("silent", "flagged"), [(0, False), (1, False), (2, True), (3, True)])
def test_two_in_a_row_without_a_receipt_are_too_many(silent: int, flagged: bool) -> None:
    rings = [ring("first", 600, confirmed=True)]
    rings += [ring(f"{number}h", 300 - 60 * number) for number in range(silent)]
    assert is_unconfirmed(rings, NOW) is flagged


def test_any_receipt_in_between_starts_the_count_anew() -> None:
    rings = [ring("1h", 180), ring("2h", 120, confirmed=True), ring("3h", 60)]
    assert not is_unconfirmed(rings, NOW)


def test_the_last_two_count_in_whatever_order_they_are_given() -> None:
    rings = [ring("3h", 60), ring("1h", 180, confirmed=True), ring("2h", 120)]
    assert is_unconfirmed(rings, NOW)


@pytest.mark.parametrize(("minutes_ago", "flagged"), [(4.9, False), (5, True), (5.1, True)])
def test_a_receipt_has_five_minutes_to_arrive(minutes_ago: float, flagged: bool) -> None:
    assert is_unconfirmed([ring("1h", 65), ring("2h", minutes_ago)], NOW) is flagged


def test_two_pushes_about_one_assessment_are_one_reminder() -> None:
    assert not is_unconfirmed([ring("1h", 30), ring("1h", 15)], NOW)
    confirmed_late = [ring("1h", 90), ring("2h", 30), ring("2h", 15, confirmed=True)]
    assert not is_unconfirmed(confirmed_late, NOW)


def test_a_reminder_is_as_old_as_its_first_push() -> None:
    rings = [ring("1h", 90), ring("2h", 4), ring("1h", 3, confirmed=True), ring("3h", 2)]
    assert not is_unconfirmed([*rings, ring("4h", 60)], NOW)
    begun_first = [ring("1h", 4.5), ring("2h", 90), ring("3h", 60), ring("1h", 1, confirmed=True)]
    assert not is_unconfirmed(begun_first, NOW)
    begun_before = [ring("1h", 95), ring("2h", 90), ring("3h", 60), ring("1h", 1, confirmed=True)]
    assert is_unconfirmed(begun_before, NOW)
