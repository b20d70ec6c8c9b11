"""The contact in a push message is one that push services accept."""

import pytest

from server.domain.errors import Invalid
from server.domain.vapid import check_subject


@pytest.mark.parametrize(
    "subject",
    [
        "mailto:diary@clinic.de",
        "mailto:o'neil+push@diary.some-clinic.co.uk",
        "https://clinic.de",
        "https://clinic.de:8443/contact?about=diary",
        "mailto:a@localhost.de",
        "mailto:a@example.de",
        f"mailto:a@{'x' * 63}.de",
    ],
)
def test_a_public_contact_is_accepted(subject: str) -> None:
    check_subject(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "diary@clinic.de",
        "http://clinic.de",
        "tel:+49301234567",
        "MAILTO:diary@clinic.de",
        "mailto:",
        "mailto:diary",
        "mailto:@clinic.de",
        "mailto:diary@",
        "mailto:diary@clinic",
        "mailto:a@clinic.de,b@clinic.de",
        "mailto:a@clinic.de?subject=x",
        "mailto:a b@clinic.de",
        "mailto:a@clinic.de ",
        "mailto:a@clinic..de",
        "mailto:a@-clinic.de",
        f"mailto:a@{'x' * 64}.de",
        "mailto:a@localhost",
        "mailto:a@LOCALHOST",
        "mailto:a@diary.localhost",
        "mailto:a@printer.local",
        "mailto:a@localhost.localdomain",
        "mailto:a@diary.example",
        "mailto:a@diary.invalid",
        "mailto:a@diary.test",
        "mailto:a@example.com",
        "mailto:a@mail.example.org",
        "mailto:a@192.168.1.7",
        "mailto:a@[::1]",
        "mailto:a@1.2",
        "https://",
        "https:///contact",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[2001:db8::1]/",
        "https://[2001:db8::1",
        "https://someone@clinic.de/",
        "https://clinic.de/a b",
    ],
)
def test_a_contact_that_nobody_answers_is_refused(subject: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_subject(subject)
    assert refusal.value.path == "subject"
