"""Each row of the table of values in docs/emulator.md: the answer, its type, or the error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import need_tsql

TABLE = yaml.safe_load((Path(__file__).parents[2] / "docs" / "values.yml").read_text(encoding="utf-8"))
ROWS: dict[str, tuple[str, str]] = {
    row["sql"]: (row["answer"], row.get("type", "")) for section in TABLE for row in section["rows"]
}


def written(value: object) -> str:
    """A value as the table writes it."""
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case bytes():
            return "0x" + value.hex().upper()
        case bool():
            return str(int(value))
        case Decimal():
            return format(value, "f")
        case dt.datetime() | dt.time():
            text = value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
            return text.removesuffix("000") if "." in text else text
        case int() | float() | dt.date():
            return str(value)
    raise AssertionError(type(value))


@pytest.fixture(scope="module")
def pool() -> Iterator[dbapi.Connection]:
    """One for all rows: none of them changes it."""
    opened = dbapi.connect(":memory:", autocommit=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("sql", ROWS)
def test_value_has_the_documented_answer_and_type(pool: dbapi.Connection, sql: str) -> None:
    answer, kind = ROWS[sql]
    cursor = pool.cursor()
    if answer.startswith("error "):
        with pytest.raises(DatabaseError) as refusal:
            cursor.execute(f"SELECT {sql};").fetchall()
        assert f"error {refusal.value.number}" == answer, refusal.value
        return
    result = next(pool.session.run_batch(f"SELECT {sql};"))
    assert str(result.columns[0].type) == kind
    ((found,),) = cursor.execute(f"SELECT {sql};").fetchall()
    assert written(found) == answer


def test_table_is_tsql_and_says_its_sources() -> None:
    need_tsql(*(f"SELECT {sql};" for sql in ROWS))
    assert len(ROWS) == sum(len(section["rows"]) for section in TABLE)
    assert all(section["source"] for section in TABLE)
