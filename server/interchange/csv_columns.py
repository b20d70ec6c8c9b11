"""What a column of a CSV file is, and how its cells and its line of the data dictionary are written.

The dictionary has REDCap's eighteen columns, so that the files can be imported there: `block_id`
is the record, `block` an instrument, `diary_score` and `assessment` repeating instruments.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Generic, Literal, TypeVar
from uuid import UUID

from server.interchange.protocol_json import json_number

Row = TypeVar("Row")
Cell = str | int | float | bool | Fraction | date | datetime | UUID | None
Kind = Literal["text", "notes", "radio", "yesno", "integer", "number", "date", "instant"]

DICTIONARY_HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
_FIELD_TYPES: Mapping[Kind, tuple[str, str]] = {
    "text": ("text", ""),
    "notes": ("notes", ""),
    "radio": ("radio", ""),
    "yesno": ("yesno", ""),
    "integer": ("text", "integer"),
    "number": ("text", "number"),
    "date": ("text", "date_ymd"),
    "instant": ("text", "datetime_seconds_ymd"),
}
#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its name, what it says, and how it is read from a row.

    `choices` are the codes of a `radio` with their labels; `identifies` marks what could tell who
    the patient is.
    """

    name: str
    kind: Kind
    label: str
    read: Callable[[Row], Cell]
    note: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    least: int | None = None
    most: int | None = None
    identifies: bool = False


def coded(*codes: str) -> dict[str, str]:
    """Codes with their labels: `not_met` is "Not met"."""
    return {code: code.replace("_", " ").capitalize() for code in codes}


def written(cell: Cell) -> str:
    """A cell as text. Missing is empty, never 0; instants are UTC; no text starts a formula."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case Fraction():
            return str(json_number(cell))
        case datetime():
            return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return cell.isoformat()
        case str():
            return _harmless(cell)
        case _:
            return str(cell)


def dictionary_lines(form: str, columns: Iterable[Column[Row]]) -> Iterable[list[str]]:
    """The data dictionary of one form, a line for each column."""
    for column in columns:
        kind, validation = _FIELD_TYPES[column.kind]
        line = dict.fromkeys(DICTIONARY_HEADER, "") | {
            "Variable / Field Name": column.name,
            "Form Name": form,
            "Field Type": kind,
            "Field Label": column.label,
            "Choices, Calculations, OR Slider Labels": " | ".join(
                f"{code}, {label}" for code, label in column.choices.items()
            ),
            "Field Note": column.note,
            "Text Validation Type OR Show Slider Number": validation,
            "Text Validation Min": written(column.least),
            "Text Validation Max": written(column.most),
            "Identifier?": "y" if column.identifies else "",
        }
        yield list(line.values())


def _harmless(text: str) -> str:
    """Text that no spreadsheet computes: with an apostrophe before what it would take for one."""
    start = text.lstrip(" \u00a0")
    return f"'{text}" if text.startswith(_FORMULA) or start.startswith(_FORMULA) else text
