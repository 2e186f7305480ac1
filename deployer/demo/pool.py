"""The pool's table of trips: made with T-SQL, filled by bulk copy."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from deployer.compare import Batch
from deployer.database import Database
from deployer.demo.trips import TABLE, TABLE_COLUMNS
from deployer.names import parse_name
from deployer.plan import Statement
from deployer.sql import quote_name, quote_object


def create_table(database: Database) -> None:
    """An empty table of trips, in place of one that is there."""
    table = quote_object(parse_name(TABLE))
    drop = f"IF OBJECT_ID(N'{table}', N'U') IS NOT NULL DROP TABLE {table};"
    database.run(Statement(f"drop table {TABLE}", drop))
    database.run(Statement(f"create table {TABLE}", write_table()))


def write_table() -> str:
    """The table's CREATE TABLE, which stands beside the specs too: they are judged without a database."""
    columns = ",\n".join(f"    {quote_name(name)} {kind} NOT NULL" for name, kind in TABLE_COLUMNS.items())
    return f"CREATE TABLE {quote_object(parse_name(TABLE))} (\n{columns}\n) WITH (HEAP, DISTRIBUTION = ROUND_ROBIN);\n"


def load_trips(database: Database, batches: Iterable[Batch]) -> None:
    """Fill the table, a batch at a time; the emulator's driver has a bulk copy, since T-SQL inserts row by row."""
    import pyarrow as pa

    with closing(database.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        for batch in batches:
            cursor.bulkcopy(TABLE, pa.table(dict(batch)))
