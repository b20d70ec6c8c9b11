"""Which passwords staff may choose: long, and not what a guesser tries first.

No rule on kinds of characters and no expiry. Source: NIST SP 800-63B-4, 3.1.1.2 (15 characters for
a password that may be the only factor; a blocklist of common, expected and context words).
"""

import re
import unicodedata
from collections.abc import Iterable

PASSWORD_MIN_CHARACTERS = 15
#: Longer ones are refused unread: the normal form of a text may be 18 times as long, and the hash
#: takes 4096 characters.
PASSWORD_MOST_CHARACTERS = 200

#: What is left of a password without the words below must have so many characters.
OWN_CHARACTERS = 6
EXPECTED = (
    *("password", "passwort", "kennwort", "passphrase", "welcome", "letmein", "iloveyou", "admin"),
    *("administrator", "clinician", "nurse", "viewer", "doctor", "hospital", "clinic", "praxis"),
    *("blockdiary", "block", "diary", "pain", "facet", "patient", "injection", "spine", "medical"),
    *("secret", "changeme", "default", "monkey", "dragon", "football", "sunshine", "princess"),
    *("spring", "summer", "autumn", "winter", "january", "october", "november", "december"),
)
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
RUN = 4


def problem_with(password: str, about: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, in words for its owner; None if it may be used.

    :param about: what a guesser knows, such as the clinic's and the person's name and address
    """
    if len(password) < PASSWORD_MIN_CHARACTERS:
        return f"has fewer than {PASSWORD_MIN_CHARACTERS} characters; a few unrelated words will do"
    if len(password) > PASSWORD_MOST_CHARACTERS:
        return f"has more than {PASSWORD_MOST_CHARACTERS} characters"
    letters = _letters(password)
    own = letters
    known = {word for text in about for word in re.split(r"\W+|_", text) if len(word) > 2}
    for word in sorted({_letters(word) for word in (*EXPECTED, *known)}, key=len, reverse=True):
        own = own.replace(word, " ") if word else own
    own = _without_runs(own).replace(" ", "")
    if _is_repeated(letters) or len(set(own)) < OWN_CHARACTERS or len(own) < OWN_CHARACTERS:
        return (
            "is easily guessed: it repeats itself, follows the keyboard, or is made of names and"
            " words that everybody would try; choose a few unrelated words"
        )
    return None


def _letters(text: str) -> str:
    """Its letters and digits alone, in one case."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in folded if each.isalnum())


def _is_repeated(text: str) -> bool:
    """Is it one piece again and again, as "horsehorsehorse"?"""
    return any(
        (text[:size] * (len(text) // size + 1))[: len(text)] == text
        for size in range(1, len(text) // 2 + 1)
    )


def _without_runs(text: str) -> str:
    """The text without what stands in a row on a keyboard or in the alphabet, either way."""
    for row in ROWS:
        for line in (row, row[::-1]):
            for size in range(len(line), RUN - 1, -1):
                for start in range(len(line) - size + 1):
                    text = text.replace(line[start : start + size], " ")
    return text
