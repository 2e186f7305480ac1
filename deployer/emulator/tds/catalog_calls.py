"""The catalog procedures that ODBC and JDBC drivers call: sp_datatype_info, sp_tables, sp_columns and their kin.

Each is learn.microsoft.com's page of that name: its parameters, and the columns of its one result.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence

from deployer.emulator.frames import Result
from deployer.emulator.session import Session
from deployer.emulator.tds import type_rows
from deployer.emulator.tds.requests import Argument
from deployer.emulator.types import SqlColumn


def rows_result(columns: Sequence[SqlColumn], rows: Sequence[Sequence[object]]) -> Result:
    """A result of rows that are there already."""
    import pyarrow as pa

    kinds: Mapping[str, pa.DataType] = {
        "bit": pa.bool_(),
        "tinyint": pa.uint8(),
        "smallint": pa.int16(),
        "int": pa.int32(),
        "nvarchar": pa.string(),
        "varchar": pa.string(),
        "varbinary": pa.binary(),
    }
    fields = [pa.field(f"c{at}", kinds[column.type.base]) for at, column in enumerate(columns)]
    arrays = [pa.array([row[at] for row in rows], field.type) for at, field in enumerate(fields)]
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    return Result(tuple(columns), table.to_reader)


def named(arguments: Sequence[Argument], *names: str) -> tuple[object, ...]:
    """The values of a procedure's parameters, given by name or in order; None for those that are not."""
    values: dict[str, object] = {}
    for place, argument in enumerate(arguments):
        name = argument.name.removeprefix("@") or (names[place] if place < len(names) else "")
        values[name] = argument.value
    return tuple(values.get(name) for name in names)


def run_datatype_info(_session: Session, arguments: Sequence[Argument]) -> Generator[Result, None, None]:
    wanted, odbc = named(arguments, "data_type", "odbcver")
    number = wanted if isinstance(wanted, int) else 0
    yield rows_result(type_rows.COLUMNS, type_rows.type_rows(number, odbc if isinstance(odbc, int) else 2))


Runner = Callable[[Session, Sequence[Argument]], Generator[Result, None, None]]

CALLS: Mapping[str, Runner] = {
    # The number tells which server's types the driver knows; the pool's are those of the latest.
    **dict.fromkeys(("sp_datatype_info", "sp_datatype_info_90", "sp_datatype_info_100"), run_datatype_info),
}
