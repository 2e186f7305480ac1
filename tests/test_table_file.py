"""A table is read from the script that a DBA keeps, or from a list of its columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.errors import SpecError
from deployer.names import ObjectName
from deployer.sql import quote_name
from deployer.table import TableColumn
from deployer.table_file import read_table_file

TRIPS = ObjectName("dbo", "trips")
SCRIPT = """
-- CREATE TABLE dbo.trips (nothing int)
IF OBJECT_ID('dbo.trips') IS NULL PRINT 'CREATE TABLE dbo.trips (x int)';
GO
CREATE TABLE sales.trips (other int);
GO
CREATE TABLE [dbo].[Trips]
(
    trip_id bigint IDENTITY(1, 1) NOT NULL,
    [fare amount] decimal(10, 2) NULL DEFAULT ((0)),
    "riders" int CONSTRAINT c DEFAULT ',)' NOT NULL, -- how many, not counting the driver
    [check] varchar(20) COLLATE Latin1_General_100_BIN2_UTF8,
    note nvarchar(max),
    small float(24),
    double_precision double precision,
    code char PRIMARY KEY NONCLUSTERED NOT ENFORCED,
    [made] datetime2(3) NOT NULL,
    total AS fare * 2,
    CONSTRAINT pk PRIMARY KEY NONCLUSTERED (trip_id) NOT ENFORCED,
    UNIQUE (riders) NOT ENFORCED,
    INDEX i CLUSTERED COLUMNSTORE
)
WITH (DISTRIBUTION = HASH(trip_id), CLUSTERED COLUMNSTORE INDEX);
GO
GRANT SELECT ON dbo.trips TO somebody
"""


def read(folder: Path, text: str, name: ObjectName = TRIPS, suffix: str = ".sql") -> tuple[TableColumn, ...]:
    path = folder / f"table{suffix}"
    path.write_text(text, encoding="utf-8")
    return read_table_file(path, name).columns


def test_script(tmp_path: Path) -> None:
    columns = read(tmp_path, SCRIPT)
    assert [(column.name, column.sql, column.nullable) for column in columns] == [
        ("trip_id", "bigint", False),
        ("fare amount", "decimal(10, 2)", True),
        ("riders", "int", False),
        ("check", "varchar(20)", True),
        ("note", "nvarchar(max)", True),
        ("small", "real", True),
        ("double_precision", "float", True),
        ("code", "char(1)", False),
        ("made", "datetime2", False),
        ("total", "", True),
    ]
    assert [column.name for column in read(tmp_path, SCRIPT, ObjectName("SALES", "TRIPS"))] == ["other"]


def test_list_of_columns(tmp_path: Path) -> None:
    listed = [{"name": "trip_id", "type": "BIGINT", "nullable": False}, {"name": "fare", "type": "numeric(9)"}]
    assert read(tmp_path, json.dumps({"columns": listed}), suffix=".json") == (
        TableColumn("trip_id", "bigint", None, nullable=False),
        TableColumn("fare", "numeric", None, nullable=True, precision=9, scale=0),
    )


@pytest.mark.parametrize(
    ("text", "suffix", "words"),
    [
        ("CREATE TABLE dbo.trip (a int)", ".sql", r"no CREATE TABLE dbo.trips; did you mean 'dbo.trip'\?"),
        ("", ".sql", "no CREATE TABLE"),
        ("CREATE TABLE dbo.trips (a)", ".sql", "column 'a' has no type"),
        ("CREATE TABLE dbo.trips (a 'int')", ".sql", "column 'a' has text where its type"),
        ("CREATE TABLE dbo.trips (a decimal(", ".sql", "has no end"),
        ("CREATE TABLE dbo.trips ([a int)", ".sql", "not T-SQL"),
        ("{}", ".json", "table.json:1: columns"),
        ('{"columns": []}', ".json", "columns"),
        ('{"columns": [{"name": "a"}]}', ".json", "type"),
        ('{"columns": [{"name": "", "type": "int"}]}', ".json", "is empty"),
        ('{"columns":\n [{"name": "a", "type": "decimal(1, 2, 3)"}]}', ".json", "table.json:2: .*not a T-SQL type"),
        ('{"columns": [{"name": "a", "type": "int", "name": "b"}]}', ".json", "second time"),
        ("[", ".json", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, suffix: str, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        read(tmp_path, text, suffix=suffix)
    assert caught.value.hint


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="$"), max_size=60),
        unique=True,
    )
)
def test_any_name_in_brackets_comes_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("names")
    columns = ", ".join(f"{quote_name(f'x{name}')} int NOT NULL" for name in names)
    read_back = read(folder, f"CREATE TABLE dbo.trips (first bit{', ' if columns else ''}{columns})")
    assert [column.name for column in read_back] == ["first", *(f"x{name}" for name in names)]


@pytest.mark.parametrize("name", [".netrc", "shadow", "notes.txt"])
def test_file_that_is_no_table_is_not_opened(tmp_path: Path, name: str) -> None:
    """A message names what is wrong with a line, and a spec may be somebody else's."""
    (tmp_path / name).write_text("machine example.com password hunter2")
    with pytest.raises(SpecError, match=r"ends in none of \.sql, \.json, \.yml, \.yaml") as refusal:
        read_table_file(tmp_path / name, ObjectName("dbo", "t"))
    assert "hunter2" not in str(refusal.value)
