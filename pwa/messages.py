"""The phone app's messages: found in its sources, and replaced by their numbers for the build.

A message is English text in a call of `t('...')`, or of `tn('one', 'other', count)` where it depends
on a count. In the sources it stays readable. In the built script its number stands in its place, and
the words of every language, English among them, lie in catalogues beside it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "src"

#: Comments and plain strings are passed over; `${t('...')}` inside a template is found.
_TOKEN = re.compile(
    r"/\*.*?\*/|(?<![:\w])//[^\n]*"
    r"|(?<![\w$.])(?<!function )(?P<call>tn?)\(\s*"
    r"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"",
    re.DOTALL,
)
_LITERAL = re.compile(
    r"'(?P<single>(?:[^'\\\n]|\\['\\n])*)'|\"(?P<double>(?:[^\"\\\n]|\\[\"\\n])*)\""
)
_NEXT = re.compile(r"\s*,\s*")
_END = re.compile(r"\s*[,)]")
_ESCAPE = re.compile(r"\\(.)")


class NoMessage(Exception):
    """A call that is not of a message as it stands: text put together cannot be translated."""


@dataclass(frozen=True)
class Message:
    """One call in a source.

    `other` is the plural's text; None for a message without a count. The spans are those of the
    literals, quotes included.
    """

    text: str
    other: str | None
    line: int
    spans: tuple[tuple[int, int], ...]


def messages(source: str) -> Iterator[Message]:
    """The messages of a TypeScript source, in their order.

    :raises NoMessage: with the line, where a call does not begin with its text in quotes
    """
    for token in _TOKEN.finditer(source):
        call = token["call"]
        if call is None:
            continue
        line = source.count("\n", 0, token.start()) + 1
        texts, spans, place = [], [], token.end()
        for index in range(len(call)):  # t has one text, tn two
            if index:
                comma = _NEXT.match(source, place)
                place = comma.end() if comma else place
            literal = _LITERAL.match(source, place)
            if literal is None or not _END.match(source, literal.end()):
                raise NoMessage(f"line {line}: {call}() wants its text as it stands, in quotes")
            texts.append(_unescaped(literal["single"] or literal["double"] or ""))
            spans.append(literal.span())
            place = literal.end()
        yield Message(texts[0], texts[1] if len(texts) > 1 else None, line, tuple(spans))


def numbered(source: str, numbers: dict[str, int]) -> str:
    """The source with each message's number in place of its text, a plural's second text empty."""
    parts, place = [], 0
    for message in messages(source):
        first, *others = message.spans
        parts += [source[place : first[0]], str(numbers[message.text])]
        place = first[1]
        for other in others:
            parts += [source[place : other[0]], "0"]
            place = other[1]
    return "".join([*parts, source[place:]])


def app_sources() -> list[Path]:
    """The sources of the phone app's page, in a fixed order."""
    return [path for path in all_sources() if path.relative_to(SOURCES).parts[0] != "worker"]


def worker_sources() -> list[Path]:
    """The service worker's own sources, in a fixed order."""
    return sorted((SOURCES / "worker").glob("*.ts"))


def all_sources() -> list[Path]:
    """Every source of the phone app with words for a patient, in a fixed order."""
    found = (path for path in SOURCES.rglob("*.ts*") if path.suffix in (".ts", ".tsx"))
    return sorted(
        path for path in found if path.relative_to(SOURCES).parts[0] not in ("clinic", "stop")
    )


def texts(sources: list[Path]) -> dict[str, str | None]:
    """The messages of these sources with the plural's text, None where there is no count.

    Sorted: the place of each is its number.
    """
    found = {
        each.text: each.other
        for path in sources
        for each in messages(path.read_text(encoding="utf-8"))
    }
    return dict(sorted(found.items()))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
