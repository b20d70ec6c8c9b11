"""What SQLite must know of the tables to find rows by the right index.

Every query names the clinic. Without statistics SQLite takes that for as good a way to few rows as
any other, and reads through all that a clinic has; and statistics that it gathers itself while a
table is still small make it read the whole table later. So it is told, once and for all sizes:
`clinic_id` leads to very many rows, every other column to few.
"""

from sqlalchemy import Connection, text

ROWS = 1_000_000
#: Rows that an index of a part of a table holds, and that agree in a column beside the clinic.
PART, FEW = 1_000, 10


def tell(connection: Connection) -> None:
    """Write it down where SQLite looks when it opens the file (sqlite.org/fileformat2, 2.6.3)."""
    connection.execute(text("ANALYZE sqlite_schema"))
    connection.execute(text("DELETE FROM sqlite_stat1"))
    tables = connection.execute(text("SELECT name FROM pragma_table_list WHERE type = 'table'"))
    for table in sorted(tables.scalars()):
        if table.startswith("sqlite_"):
            continue
        indexes = connection.execute(
            text('SELECT name, "unique", partial FROM pragma_index_list(:table)'), {"table": table}
        )
        for index in indexes.all():
            columns = connection.execute(
                text("SELECT name FROM pragma_index_info(:index) ORDER BY seqno"),
                {"index": index.name},
            )
            stat = _stat(list(columns.scalars()), bool(index.unique), bool(index.partial))
            connection.execute(
                text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :stat)"),
                {"table": table, "index": index.name, "stat": stat},
            )


def _stat(columns: list[str], is_unique: bool, is_partial: bool) -> str:
    """The rows of an index, and how many agree in its first column, its first two ..."""
    rows = PART if is_partial else ROWS
    agree = [
        rows if set(columns[:width]) == {"clinic_id"} else FEW
        for width in range(1, len(columns) + 1)
    ]
    if is_unique:
        agree[-1] = 1
    return " ".join(str(number) for number in [rows, *agree])
