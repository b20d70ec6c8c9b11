"""Reminders by e-mail: how an address is shown, and what follows from a mail server's answer."""

import re
from dataclasses import dataclass
from typing import Literal

from server.domain.reminders import Fate, Judgement

#: Which command a mail server answered: the sign-in, the sender, the recipient, or the message.
SmtpStep = Literal["connect", "sign_in", "sender", "recipient", "message"]

#: As strict as sending is safe with; what a person types is checked more closely.
_ONE_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]{1,64}@[^\s@,;:<>()\[\]\\\"]{1,255}")
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


@dataclass(frozen=True)
class SmtpReply:
    """What a mail server said to one command: its three-digit code and its first line."""

    step: SmtpStep
    code: int
    text: str = ""


def judge(reply: SmtpReply) -> Judgement:
    """What becomes of the e-mail to which a mail server gave this answer, if not 2xx.

    An address is given up only when the server says that the address itself is wrong: a policy
    that refuses us (5.7.x) would else stop the reminders of every patient at once.
    Source: RFC 5321, sections 4.2.1 and 4.2.3; RFC 3463 for the enhanced codes.
    """
    if 400 <= reply.code <= 499:
        return Judgement(Fate.RETRY, "deferred")
    if reply.step in ("connect", "sign_in", "sender"):
        return Judgement(Fate.REFUSED, f"{reply.step}_refused")
    found = _ENHANCED.match(reply.text)
    subject = int(found[2]) if found else None
    if subject == 7:
        return Judgement(Fate.REFUSED, "policy")
    if reply.step == "recipient" and reply.code in (550, 551, 553, 556, 521):
        mailbox_full = found is not None and (found[2], found[3]) == ("2", "2")
        return Judgement(Fate.FAILED, "mailbox_full") if mailbox_full else GONE
    return Judgement(Fate.FAILED, f"status_{reply.code}")


GONE = Judgement(Fate.GONE, "gone")


def is_one_address(text: str) -> bool:
    """Can it be nothing but one address, without a name, a list or a line of its own?"""
    return text.isprintable() and _ONE_ADDRESS.fullmatch(text) is not None


def masked(address: str) -> str:
    """The address for a screen: enough to recognise it by, too little to write to."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
