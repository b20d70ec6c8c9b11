import pytest

from server.domain.email import SmtpReply, is_one_address, judge, masked
from server.domain.reminders import Fate


def test_an_address_is_shown_without_what_it_could_be_written_to_by() -> None:
    assert masked("jo.smith@example.org") == "j***@example.org"
    assert masked("j@example.org") == "j***@example.org"
    assert masked('"a@b"@example.org') == '"***@example.org'


def test_a_policy_that_refuses_us_ends_no_address() -> None:
    """Else one wrong setting of a mail server would stop every patient's reminders."""
    for code in (550, 551, 553, 554):
        assert judge(SmtpReply("recipient", code, "5.7.1 relaying denied")).fate is Fate.REFUSED


def test_only_the_recipient_can_be_gone() -> None:
    for step in ("connect", "sign_in", "sender", "message"):
        assert judge(SmtpReply(step, 550, "5.1.1 who?")).fate is not Fate.GONE


def test_400_to_499_is_for_later_and_500_is_not() -> None:
    fates = [judge(SmtpReply("recipient", code)).fate for code in (400, 499, 500)]
    assert fates == [Fate.RETRY, Fate.RETRY, Fate.FAILED]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("jo@example.org", True),
        ("jo.o'neil+diary@mail.example.org", True),
        ("jø@müller.example", True),
        ("jo@localhost", True),
        ("", False),
        ("jo", False),
        ("@example.org", False),
        ("jo@", False),
        ("a@b@c.example", False),
        ("a@b.org,c@d.org", False),
        ("Jo <jo@example.org>", False),
        ("jo@example.org\nBcc: mo@example.org", False),
        ("jo\u202e@example.org", False),
        ("j" * 65 + "@example.org", False),
    ],
)
def test_what_comes_from_a_file_is_one_address_or_none(text: str, is_one: bool) -> None:
    assert is_one_address(text) is is_one
