"""JSON text as written: numbers exact, nothing guessed, nothing silently dropped."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from server.domain.errors import Invalid

MOST_BYTES = 10_000_000
MOST_OPEN_BRACKETS = 32
#: Longer whole numbers stay decimals: nothing here needs them, and reading them takes for ever.
MOST_DIGITS = 1_000

#: A text (an unclosed one runs to the end) or a bracket. Possessive, so it never backtracks.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def loads(data: bytes) -> Any:
    """Read one JSON document: a number with point or exponent becomes a Decimal, others an int.

    A whole number of more than `MOST_DIGITS` digits becomes a Decimal too.

    :raises Invalid: too long, not UTF-8, not JSON, too deep, a key given twice in an object, or a
        number that JSON does not have
    """
    if len(data) > MOST_BYTES:
        raise Invalid("", f"the file has more than {MOST_BYTES:,} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("", f"the file is not UTF-8 text: byte {error.start} is wrong") from None
    if text.startswith("\ufeff"):
        raise Invalid("", "the file starts with a byte order mark; save it as UTF-8 without one")
    _refuse_depth(text)
    try:
        return json.loads(
            text,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        where = f"line {error.lineno}, column {error.colno}"
        raise Invalid("", f"the file is not JSON: {what} at {where}") from None


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        match text[token.start()]:
            case "[" | "{":
                depth += 1
                if depth > MOST_OPEN_BRACKETS:
                    raise Invalid("", f"more than {MOST_OPEN_BRACKETS} brackets are open at once")
            case "]" | "}":
                depth -= 1


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= MOST_DIGITS else _decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of more than 18 digits
        raise Invalid("", f"{text[:40]} is not a usable number") from None


def _refuse_constant(name: str) -> None:
    raise Invalid("", f"{name} is not a number that JSON has")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Invalid("", f"the key {json.dumps(key, ensure_ascii=False)} is given twice")
            seen.add(key)
    return found


def shown(value: Any) -> str:
    """A value as an error names it: short, in JSON's own words."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case Decimal():
            text = str(value)
        case _:
            text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
