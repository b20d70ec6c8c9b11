"""A phone's wrong clock is taken out of its times only where two measurements agree on it."""

from datetime import timedelta

import pytest

from server.domain.clock import RAW, UNCERTAIN, ClockCorrection, clock_correction


def shifted(seconds: float) -> ClockCorrection:
    return ClockCorrection(timedelta(seconds=seconds), uncertain=False)


@pytest.mark.parametrize(
    ("measured", "at_sync", "expected"),
    [
        # The difference must exceed 60 s.
        (59.999, 59.999, RAW),
        (60.0, 60.0, RAW),
        (60.001, 60.001, shifted(60.001)),
        (-60.0, -60.0, RAW),
        (-60.001, -60.001, shifted(-60.001)),
        # It is the phone's own measurement that counts and that is added.
        (60.0, 120.0, RAW),
        (61.0, 1.0, shifted(61.0)),
        (3600.0, 3610.0, shifted(3600.0)),
        # The two agree up to exactly 60 s.
        (3600.0, 3659.999, shifted(3600.0)),
        (3600.0, 3660.0, shifted(3600.0)),
        (3600.0, 3660.001, UNCERTAIN),
        (3600.0, 3540.0, shifted(3600.0)),
        (3600.0, 3539.999, UNCERTAIN),
        (0.0, 60.0, RAW),
        (0.0, 60.001, UNCERTAIN),
        (30.0, -30.0, RAW),
        (30.001, -30.0, UNCERTAIN),
        (3600.0, 0.0, UNCERTAIN),
        # Never measured: nothing to agree with.
        (None, 0.0, RAW),
        (None, 60.0, RAW),
        (None, -60.0, RAW),
        (None, 60.001, UNCERTAIN),
        (None, -60.001, UNCERTAIN),
    ],
)
def test_times_are_corrected_kept_or_called_uncertain(
    measured: float | None, at_sync: float, expected: ClockCorrection
) -> None:
    assert clock_correction(measured, at_sync) == expected
