"""Calls of sp_describe_first_result_set and sp_describe_undeclared_parameters: their parameters, their one result."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence

from deployer.emulator.frames import Result
from deployer.emulator.session import Session
from deployer.emulator.tds import describe
from deployer.emulator.tds.declared import parse_declared
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


def run_first_result(session: Session, arguments: Sequence[Argument]) -> Generator[Result, None, None]:
    sql, declared = named(arguments, "tsql", "params")
    rows = describe.first_result(session, str(sql or ""), parse_declared(str(declared or "")))
    yield rows_result(describe.RESULT_COLUMNS, rows)


def run_undeclared(session: Session, arguments: Sequence[Argument]) -> Generator[Result, None, None]:
    (sql,) = named(arguments, "tsql")
    yield rows_result(describe.PARAMETER_COLUMNS, describe.undeclared_parameters(session, str(sql or "")))


Runner = Callable[[Session, Sequence[Argument]], Generator[Result, None, None]]

CALLS: Mapping[str, Runner] = {
    "sp_describe_first_result_set": run_first_result,
    "sp_describe_undeclared_parameters": run_undeclared,
}
