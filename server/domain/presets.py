"""Protocols to start from, each with its source and with what we added to it.

Sources: clinical facts of the project, sections 1 and 3.
"""

from dataclasses import dataclass, replace
from datetime import time
from fractions import Fraction

from server.domain.clinic_protocol import ClinicProtocol
from server.domain.protocol import STANDARD, Criteria, PlannedAssessment, Protocol


@dataclass(frozen=True)
class Preset:
    """`key` names it in an address; `source` says where it comes from, `ours` what the source
    does not say."""

    key: str
    title: str
    source: str
    ours: str
    protocol: ClinicProtocol


def _uw_health() -> Protocol:
    return Protocol(
        "UW Health",
        (
            *(
                PlannedAssessment(f"{minutes}min", after_minutes=Fraction(minutes))
                for minutes in (15, 30, 45)
            ),
            *(
                PlannedAssessment(f"{hours}h", after_minutes=Fraction(60 * hours))
                for hours in range(1, 9)
            ),
            *(PlannedAssessment(f"day{day}", day=day, at=time(18)) for day in range(1, 15)),
        ),
    )


def _preset(
    key: str, title: str, source: str, ours: str, schedule: Protocol, percent: int
) -> Preset:
    criteria = Criteria(threshold_percent=percent)
    return Preset(key, title, source, ours, ClinicProtocol(schedule, criteria, source=source))


PRESETS = (
    _preset(
        "standard",
        "Standard",
        "Block Diary’s own defaults",
        "15 and 30 min, hourly to 8 h, 12 h, then three evenings; 80 % relief.",
        STANDARD,
        80,
    ),
    _preset(
        "us-medicare",
        "80 % US Medicare",
        "US Medicare, local coverage determination L38801 with A58403, as a hospital’s checklist of"
        " February 2025 gives it",
        "It asks for at least 80 % relief of the index pain after each of two blocks, scored on the"
        " same scale before and after. The times and the other criteria are Block Diary’s.",
        replace(STANDARD, name="US Medicare 80 %"),
        80,
    ),
    _preset(
        "multispecialty",
        "50 % multispecialty",
        "Multispecialty guideline on cervical facet pain, Hurley 2021, table 22"
        " (pmc.ncbi.nlm.nih.gov/articles/PMC8639967)",
        "It takes more than 50 % relief in practice; here 50 % itself counts. The times and the"
        " other criteria are Block Diary’s.",
        replace(STANDARD, name="Multispecialty 50 %"),
        50,
    ),
    _preset(
        "uw-health",
        "UW Health",
        "UW Health, Health Facts for You 5656 (patient.uwhealth.org/healthfacts/5656)",
        "Every 15 min for 1 h, hourly to 8 h, then daily for 14 days. The hour of the daily score,"
        " 18:00, and the criteria are Block Diary’s.",
        _uw_health(),
        80,
    ),
)


def preset(key: str) -> Preset | None:
    """The preset of that key; None if there is none."""
    return next((each for each in PRESETS if each.key == key), None)
