"""How a phone is let in: a link, a code that can be typed, and a word to check that it is theirs.

A link and its code are made for one phone. They live for 7 days, so that a sheet handed out at the
booking still works on the day, and they are used once. ASVS 6.5.5 asks for 10 minutes; instead of
that the link holds 128 bits, the code can be tried only a few times a minute (per address and for
the whole installation), both die with their first use, and the clinic withdraws them with one
press. Sources: design, section 5, Enrol; OWASP ASVS 5.0, 6.4.1, 6.5.1, 6.6.3, 7.2.3.
"""

import re
import secrets
from datetime import datetime, timedelta
from typing import Literal

from server.domain.errors import DomainError, Invalid

LIFETIME = timedelta(days=7)
TOKEN_BYTES = 16
CODE_LENGTH = 8
#: Letters and digits that nobody takes for one another: no 0 or O, no 1, I or L, no U (for V).
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

_WORDS = """
acorn anchor apple arrow badge basket beacon birch bottle bridge button cabin camera candle
canoe carpet castle cedar cherry circle clover comet copper cotton daisy desert dolphin drum
eagle ember engine falcon feather fern forest garden ginger glacier guitar harbour hazel honey
island ivory jacket jungle kettle kite ladder lantern lemon lilac magnet maple marble meadow
mirror nutmeg oak olive orchid otter paddle panda pebble pepper piano pillow planet poppy
prairie puzzle quartz rabbit raven ribbon river robin rocket saddle sapphire shell silver spoon
summer sunset teapot thistle tiger timber trumpet tulip tunnel turtle valley velvet violin
walnut willow window winter yellow zebra
"""
#: Short, distinct when heard by telephone, and about nothing.
CHECK_WORDS = tuple(_WORDS.split())

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212._]+")


class CodeUnknown(DomainError):
    """No link or code like this was ever made here."""

    code = "code_unknown"


class CodeUsed(DomainError):
    """One phone has used it already."""

    code = "code_used"


class CodeExpired(DomainError):
    """Its time is over."""

    code = "code_expired"


class CodeRevoked(DomainError):
    """The clinic withdrew it."""

    code = "code_revoked"


def new_token() -> str:
    """128 random bits for the link, safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_code() -> str:
    """Eight characters that can be typed, 39 random bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def new_check_word() -> str:
    """A word for one phone, shown there and at the clinic, so that a wrong sheet is noticed."""
    return secrets.choice(CHECK_WORDS)


def shown_code(code: str) -> str:
    """The code as the sheet prints it: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def typed_code(text: str) -> str:
    """The code that somebody typed, whatever the case, spaces and hyphens.

    :raises Invalid: it cannot be a code, and why
    """
    code = _SEPARATORS.sub("", text).upper()
    for character in code:
        if character not in CODE_ALPHABET:
            raise Invalid(
                "code",
                "The code has only letters and digits, and never 0, O, 1, I, L or U."
                " Look at the sheet and type it again.",
            )
    if len(code) != CODE_LENGTH:
        raise Invalid(
            "code",
            "The code has {length} letters and digits; you typed {typed}."
            " Look at the sheet and type it again.",
            length=CODE_LENGTH,
            typed=len(code),
        )
    return code


def expires_at(created_at: datetime) -> datetime:
    """From this instant on a link and its code let nobody in."""
    return created_at + LIFETIME


def check_usable(
    *,
    expires_at: datetime,
    used_at: datetime | None,
    revoked_at: datetime | None,
    now: datetime,
    telephone: str,
) -> None:
    """Whether a link or code still lets a phone in.

    :param telephone: of the clinic; empty if it gave none
    :raises CodeUsed, CodeRevoked, CodeExpired: with what to do and whom to call
    """
    if used_at is not None:
        if not telephone:
            raise CodeUsed(
                "A phone has used this link or code already, and it works only once."
                " For another phone, call your clinic and ask for a new one."
            )
        raise CodeUsed(
            "A phone has used this link or code already, and it works only once."
            " For another phone, call your clinic on {telephone} and ask for a new one.",
            telephone=telephone,
        )
    if revoked_at is not None:
        if not telephone:
            raise CodeRevoked(
                "Your clinic has withdrawn this link or code. To get a new one, call your clinic."
            )
        raise CodeRevoked(
            "Your clinic has withdrawn this link or code."
            " To get a new one, call your clinic on {telephone}.",
            telephone=telephone,
        )
    if now >= expires_at:
        if not telephone:
            raise CodeExpired(
                "This link or code has expired: it works for {days} days."
                " To get a new one, call your clinic.",
                days=LIFETIME.days,
            )
        raise CodeExpired(
            "This link or code has expired: it works for {days} days."
            " To get a new one, call your clinic on {telephone}.",
            days=LIFETIME.days,
            telephone=telephone,
        )


def unknown(kind: Literal["token", "code"]) -> CodeUnknown:
    """The error for a link or code that does not exist; whose clinic it is, nobody knows."""
    if kind == "token":
        return CodeUnknown(
            "This link is not complete or not known. Scan the sheet again, or type the code that"
            " is printed on it. If it still fails, call your clinic; its number is on the sheet."
        )
    return CodeUnknown(
        "This code is not known. Compare it with your sheet and type it again."
        " If it still fails, call your clinic; its number is on the sheet."
    )
