"""Blocks as CSV, a line at a time: whoever writes them out holds one block in memory."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from server.domain.dossier import Dossier
from server.interchange.block_columns import BLOCK_COLUMNS, BLOCK_ID
from server.interchange.csv_columns import DICTIONARY_HEADER, dictionary_lines, written
from server.interchange.diary_columns import (
    ASSESSMENT_COLUMNS,
    SCORE_COLUMNS,
    assessment_rows,
    score_rows,
)

#: REDCap's own columns of a file with repeating instruments.
REPEAT = ("redcap_repeat_instrument", "redcap_repeat_instance")


def blocks_csv(dossiers: Iterable[Dossier]) -> Iterator[str]:
    """One row for each block; the first line names the columns."""
    yield line(column.name for column in BLOCK_COLUMNS)
    for each in dossiers:
        yield line(written(column.read(each)) for column in BLOCK_COLUMNS)


def diary_csv(dossiers: Iterable[Dossier]) -> Iterator[str]:
    """The long file: for each block its scores, then its assessments."""
    yield line(
        [
            BLOCK_ID.name,
            *REPEAT,
            *(column.name for column in SCORE_COLUMNS),
            *(column.name for column in ASSESSMENT_COLUMNS),
        ]
    )
    for each in dossiers:
        record = str(each.details.id)
        blank = [""] * len(ASSESSMENT_COLUMNS)
        for number, score in enumerate(score_rows(each), 1):
            cells = [written(column.read(score)) for column in SCORE_COLUMNS]
            yield line([record, "diary_score", str(number), *cells, *blank])
        blank = [""] * len(SCORE_COLUMNS)
        for number, assessment in enumerate(assessment_rows(each), 1):
            told = [written(column.read(assessment)) for column in ASSESSMENT_COLUMNS]
            yield line([record, "assessment", str(number), *blank, *told])


def dictionary_csv() -> Iterator[str]:
    """The data dictionary of both files, as REDCap imports it."""
    yield line(DICTIONARY_HEADER)
    for cells in dictionary_lines("block", BLOCK_COLUMNS):
        yield line(cells)
    for cells in dictionary_lines("diary_score", SCORE_COLUMNS):
        yield line(cells)
    for cells in dictionary_lines("assessment", ASSESSMENT_COLUMNS):
        yield line(cells)


def line(cells: Iterable[str]) -> str:
    """One line of CSV, RFC 4180."""
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
