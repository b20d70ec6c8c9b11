"""A list of patients to enrol, as a spreadsheet saves it: one line a block."""

import csv
import io
from dataclasses import dataclass

from server.domain.errors import Invalid

#: Without these a block cannot be planned.
REQUIRED = ("reference", "region", "side", "levels", "agent")
#: With these left out, or empty, what is usual at the clinic is taken.
OPTIONAL = (
    *("concentration", "steroid", "sedation"),
    *("planned_on", "number", "sites", "protocol", "language", "timezone", "known"),
)
MOST_ROWS = 500


@dataclass(frozen=True)
class Row:
    """One line of the list: its number in the file (the header is 1), and its cells by column."""

    line: int
    cells: dict[str, str]


def read(content: bytes) -> list[Row]:
    """The filled lines of a CSV file in UTF-8, separated by commas, semicolons or tabs.

    Columns may stand in any order; a cell that is missing or empty is "".

    :raises Invalid: it is no such file; the path says where
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("the file", "is not UTF-8: save it as “CSV UTF-8”") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip().casefold() for name in next(lines, [])]
        _check(header)
        rows = [
            Row(lines.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False)))
            for cells in lines
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        line = lines.line_num
        raise Invalid(
            f"line {line}", "cannot be read as CSV ({error})", error=error, line=line
        ) from None
    if not rows:
        raise Invalid("the file", "has no line under its header")
    if len(rows) > MOST_ROWS:
        raise Invalid(
            "the file",
            "has {count} lines; send at most {most} at once",
            count=len(rows),
            most=MOST_ROWS,
        )
    return [
        Row(row.line, {name: row.cells.get(name, "") for name in (*REQUIRED, *OPTIONAL)})
        for row in rows
    ]


def _check(header: list[str]) -> None:
    known = {*REQUIRED, *OPTIONAL}
    for name in header:
        if name not in known:
            raise Invalid(
                "line 1",
                "has an unknown column “{name}”; known are {known}",
                name=name,
                known=", ".join((*REQUIRED, *OPTIONAL)),
            )
        if header.count(name) > 1:
            raise Invalid("line 1", "has the column “{name}” twice", name=name)
    for name in REQUIRED:
        if name not in header:
            raise Invalid("line 1", "lacks the column “{name}”", name=name)
