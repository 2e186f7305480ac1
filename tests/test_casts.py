"""What a cast can do to a value is tried on the emulator: its extremes come back whole where that is said, else not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest

from deployer.casts import Effect, judge_cast
from deployer.emulator.dbapi import connect
from deployer.emulator.errors import DatabaseError
from deployer.names import SqlTypeName, parse_type
from deployer.table import TableColumn
from deployer.table_file import make_column

VALUES = {
    "bit": ["1"],
    "tinyint": ["255"],
    "smallint": ["-32768", "32767"],
    "int": ["-2147483648", "2147483647", "16777217"],
    "bigint": ["9223372036854775807", "-9223372036854775807", "9007199254740993"],
    "decimal(7, 0)": ["9999999", "-9999999"],
    "decimal(9, 0)": ["999999999", "-999999999"],
    "decimal(15, 0)": ["999999999999999"],
    "decimal(18, 0)": ["999999999999999999"],
    "decimal(38, 0)": ["99999999999999999999999999999999999999"],
    "decimal(5, 2)": ["0.01", "999.99", "-0.03"],
    "real": ["CAST(0.1 AS real)", "CAST(3.4e38 AS real)", "CAST(1e-45 AS real)"],
    "float": ["0.1e0", "1.7e308", "9007199254740991e0"],
    "varchar(3)": ["'abc'"],
    "varchar(9)": ["'123456789'", "'abcdefghi'"],
    "nvarchar(3)": ["N'äöü'", "N'日本語'"],
    "nvarchar(9)": ["N'日本語日本語日本語'"],
    "varchar(max)": [f"REPLICATE(CAST('x' AS varchar(max)), {9000})"],
}
WANTED = ["int", "bigint", "real", "float", "varchar(3)", "varchar(20)", "varchar(8000)", "nvarchar(9)"]


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("kind", VALUES)
def test_effect_is_what_the_emulator_shows(kind: str, wanted: str) -> None:
    column = make_column("x", kind)
    effect = judge_cast(column, parse_type(wanted)).effect
    kept = all(_returns(value, column, wanted) for value in VALUES[kind])
    if effect in {Effect.EXACT, Effect.WIDENING}:
        assert kept
    elif column.type != "decimal" or "varchar" not in wanted:
        # A decimal as text comes back whole; whether it reads as in training nobody knows.
        assert not kept
    assert (effect is Effect.EXACT) == (column.sql == wanted)


def _returns(value: str, column: TableColumn, wanted: str) -> bool:
    """Whether a value is the same after a cast there and back, as a database sees it that compares bit for bit."""
    with closing(connect(":memory:", autocommit=True)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"CREATE TABLE dbo.t (x {column.sql}) WITH (HEAP)")
        cursor.execute(f"INSERT INTO dbo.t SELECT {value}")
        try:
            cursor.execute(f"SELECT x, CAST(x AS {wanted}) FROM dbo.t")
            ((before, after),) = cursor.fetchall()
        except DatabaseError:
            return False
    if isinstance(before, str) or isinstance(after, str):
        return str(int(before) if isinstance(before, bool) else before) == str(after)
    return Decimal(before) == Decimal(after)


@pytest.mark.parametrize(
    ("kind", "wanted", "effect"),
    [
        ("money", "float", Effect.ROUNDING),
        ("money", "bigint", Effect.CUTTING),
        ("smallmoney", "real", Effect.ROUNDING),
        ("char(5)", "varchar(5)", Effect.WIDENING),
        ("nchar(5)", "varchar(5)", Effect.CUTTING),
        ("nvarchar(max)", "nvarchar(4000)", Effect.CUTTING),
    ],
)
def test_types_that_the_emulator_lacks(kind: str, wanted: str, effect: Effect) -> None:
    cast = judge_cast(make_column("x", kind), parse_type(wanted))
    assert cast.effect is effect
    assert bool(cast.why) == (effect in {Effect.ROUNDING, Effect.CUTTING})


def every_pair() -> Iterator[tuple[TableColumn, SqlTypeName]]:
    for kind in (*VALUES, "money", "char(1)"):
        for wanted in WANTED:
            yield make_column("x", kind), parse_type(wanted)


def test_what_rounds_or_cuts_says_how() -> None:
    for column, wanted in every_pair():
        cast = judge_cast(column, wanted)
        assert bool(cast.why) == (cast.effect in {Effect.ROUNDING, Effect.CUTTING})
