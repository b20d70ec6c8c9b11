"""Which addresses reports may be sent to, and what an answer means."""

from datetime import timedelta

import pytest

from server.domain.errors import Invalid
from server.domain.report_targets import (
    RETRIES,
    Outcome,
    address,
    outcome,
    retry_after,
)

INSIDE = {"fhir.hospital.lan", "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("https://fhir.hospital.org/r4", False),
        ("https://fhir.hospital.org:8443/baseR4/", False),
        (" https://FHIR.hospital.org ", False),
        ("https://fhir.hospital.lan/r4", True),
        ("https://fhir.hospital.lan:9443/r4", True),
        ("http://127.0.0.1:8080/fhir", True),
        ("https://127.0.0.1:8081/fhir", False),
    ],
)
def test_an_address_with_tls_may_be_called_inside_if_the_settings_name_it(
    url: str, inside: bool
) -> None:
    found = address(url, INSIDE)
    assert (found.url, found.inside) == (url.strip().rstrip("/"), inside)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fhir.hospital.org",
        "ftp://fhir.hospital.org",
        "http://fhir.hospital.org/r4",
        "http://fhir.hospital.lan/r4",
        "http://127.0.0.1:8081/fhir",
        "https://user:password@fhir.hospital.org",
        "https://fhir.hospital.org/r4?token=secret",
        "https://fhir.hospital.org/#r4",
        "https://fhir.hospital.org\\@127.0.0.1/",
        "https://[::1]/",
        "https://fhir.hospital.org:0/",
        "https://fhir.hospital.org:65536/",
        "https://fhir.hospital.org/a b",
        "https://fhir.hospital.org/\nHost: other",
        "https://fhir.hospital.org/" + "a" * 1_000,
        "file:///etc/passwd",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        address(url, INSIDE)


@pytest.mark.parametrize(
    ("status", "problem", "understood", "expected"),
    [
        (199, None, True, Outcome("status_199")),
        (200, None, True, Outcome(None)),
        (299, None, True, Outcome(None)),
        (200, None, False, Outcome("not_fhir", again=True)),
        (300, None, True, Outcome("redirected")),
        (399, None, True, Outcome("redirected")),
        (400, None, True, Outcome("status_400")),
        (404, None, False, Outcome("status_404")),
        (408, None, False, Outcome("status_408", again=True)),
        (425, None, False, Outcome("status_425", again=True)),
        (429, None, False, Outcome("status_429", again=True)),
        (499, None, False, Outcome("status_499")),
        (500, None, False, Outcome("status_500", again=True)),
        (None, "timed_out", False, Outcome("timed_out", again=True)),
        (None, "tls_failed", False, Outcome("tls_failed", again=True)),
        (None, "address_forbidden", False, Outcome("address_forbidden")),
    ],
)
def test_an_answer_is_taken_for_what_it_says(
    status: int | None, problem: str | None, understood: bool, expected: Outcome
) -> None:
    assert outcome(status, problem, understood) == expected


def test_tries_come_further_and_further_apart_for_about_three_days() -> None:
    waits = [retry_after(tries) for tries in range(1, len(RETRIES) + 2)]
    assert waits[0] == timedelta(minutes=1) and waits[-1] is None
    assert waits[:-1] == sorted(RETRIES)
    assert timedelta(days=2.5) < sum(RETRIES, timedelta(0)) < timedelta(days=3.5)
