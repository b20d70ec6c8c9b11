"""Refusals of the rules whose words go on after the name of a value, as sentences for a page.

A program or a file says "email: is not an email address"; a form says "This is not an email address."
"""

from server.domain.errors import Invalid
from server.domain.passwords import PASSWORD_MIN_CHARACTERS, PASSWORD_MOST_CHARACTERS
from server.domain.protocol import MOST_MINUTES
from server.web.speech import Message, N, said, t

#: By the words of the rule. The values of the rule fill the sentence too.
SENTENCES: dict[str, Message] = {
    f"has fewer than {PASSWORD_MIN_CHARACTERS} characters; a few unrelated words will do": N(
        "This password has fewer than {number} characters; a few unrelated words will do.",
        number=PASSWORD_MIN_CHARACTERS,
    ),
    f"has more than {PASSWORD_MOST_CHARACTERS} characters": N(
        "This password has more than {number} characters.", number=PASSWORD_MOST_CHARACTERS
    ),
    "is easily guessed: it repeats itself, follows the keyboard, or is made of names and"
    " words that everybody would try; choose a few unrelated words": N(
        "This password is easily guessed: it repeats itself, follows the keyboard, or is made of"
        " names and words that everybody would try; choose a few unrelated words."
    ),
    "is not an email address": N("This is not an email address."),
    "somebody signs in with this address already": N(
        "Somebody signs in with this address already."
    ),
    "is not an address such as https://fhir.hospital.org/r4": N(
        "This is not an address such as https://fhir.hospital.org/r4."
    ),
    "has to begin with https://, since it carries patients’ data": N(
        "This has to begin with https://, since it carries patients’ data."
    ),
    "is not a whole number from 1 to 100": N("This is not a whole number from 1 to 100."),
    "is not a whole number from 0 to 10": N("This is not a whole number from 0 to 10."),
    "is not a whole number of 1 or more": N("This is not a whole number of 1 or more."),
    f"is not a number above 0 and up to {MOST_MINUTES:,}": N(
        "This is not a number above 0 and up to {most}.", most=f"{MOST_MINUTES:,}"
    ),
    f"is not a number from 0 to {MOST_MINUTES:,}": N(
        "This is not a number from 0 to {most}.", most=f"{MOST_MINUTES:,}"
    ),
    "has no date in {timezone} within the years 0001 to 9999": N(
        "This has no date in {timezone} within the years 0001 to 9999."
    ),
    "another assessment is due at this instant": N("Two of the times fall on the same instant."),
    "ends after the year 9999 for this block": N("For this block a time ends after the year 9999."),
    "is due after the year 9999 for this block": N("For this block a time is after the year 9999."),
    "is due no later than the block itself": N("One of the times is not after the block itself."),
    "is not UTF-8: save it as “CSV UTF-8”": N("The file is not UTF-8: save it as “CSV UTF-8”."),
    "cannot be read as CSV ({error})": N("Line {line} cannot be read as CSV ({error})."),
    "has no line under its header": N("The file has no line under its header."),
    "has {count} lines; send at most {most} at once": N(
        "The file has {count} lines; send at most {most} at once."
    ),
    "has an unknown column “{name}”; known are {known}": N(
        "Line 1 has an unknown column “{name}”; known are {known}."
    ),
    "has the column “{name}” twice": N("Line 1 has the column “{name}” twice."),
    "lacks the column “{name}”": N("Line 1 lacks the column “{name}”."),
}


def sentence(error: Invalid) -> str:
    """What a rule says, as a sentence in the reader's language."""
    found = SENTENCES.get(error.words)
    return said(error) if found is None else t(found.words, **{**found.values, **error.values})
