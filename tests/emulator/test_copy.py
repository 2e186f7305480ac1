"""COPY INTO from local files: CSV as learn.microsoft.com's page on COPY has it, and Parquet."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from tests.emulator.conftest import Run


@pytest.fixture(autouse=True)
def t(run: Run) -> None:
    run("CREATE TABLE t (n int NOT NULL, v varchar(5), f float) WITH (HEAP);")


def rows(run: Run) -> list[tuple[object, ...]]:
    return run("SELECT n, v, f FROM t ORDER BY n;")


def test_csv_with_a_header_quotes_and_empty_fields(run: Run, tmp_path: Path, connection: dbapi.Connection) -> None:
    (tmp_path / "a.csv").write_text('n,v,f\r\n1,"a,""b",1.5\r\n2,,\r\n')
    cursor = connection.cursor().execute(f"""
        COPY INTO dbo.t FROM '{tmp_path / "a.csv"}'
        WITH (FILE_TYPE = 'CSV', CREDENTIAL = (IDENTITY = 'Storage Account Key', SECRET = 'not kept'), FIRSTROW = 2)
        OPTION (LABEL = 'copy');
    """)
    assert cursor.rowcount == 2
    assert rows(run) == [(1, 'a,"b', 1.5), (2, None, None)]


def test_csv_with_other_terminators_and_columns_of_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x|7|~two~\ny||~~\n")
    run(f"""COPY INTO t (v DEFAULT 'none' 3, n DEFAULT -1 2) FROM '{tmp_path / "a.txt"}'
        WITH (FIELDTERMINATOR = '|', FIELDQUOTE = '~', ROWTERMINATOR = '0x0A', MAXERRORS = 0);""")
    assert rows(run) == [(-1, "none", None), (7, "two", None)]
    (tmp_path / "b.txt").write_bytes("8\t\u00e9".encode("utf-16"))
    run(f"COPY INTO t (n, v) FROM '{tmp_path / 'b.txt'}' WITH (FIELDTERMINATOR = '0x09', ENCODING = 'UTF16');")
    assert rows(run)[-1] == (8, "\u00e9", None)


def test_folder_pattern_and_gzip(run: Run, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.csv").write_text("1,a,1\n")
    (tmp_path / "inner" / "b.csv.gz").write_bytes(gzip.compress(b"2,b,2\n"))
    (tmp_path / "_hidden.csv").write_text("3,c,3\n")
    run(f"COPY INTO t FROM '{tmp_path}' WITH (FILE_TYPE = 'CSV');")
    run(f"COPY INTO t FROM '{tmp_path}/*.csv', '{tmp_path}/inner/b.csv.gz';")
    assert [row[0] for row in rows(run)] == [1, 1, 2, 2]


def test_hex_digits_become_bytes(run: Run, tmp_path: Path) -> None:
    run("CREATE TABLE m (id int, model varbinary(max)) WITH (HEAP);")
    (tmp_path / "m.csv").write_text("1,00ff10\n")
    run(f"COPY INTO m FROM '{tmp_path / 'm.csv'}';")
    assert run("SELECT model FROM m;") == [(b"\x00\xff\x10",)]


def test_parquet_by_place(run: Run, tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([1, 2], pa.int64()), "y": ["a", None], "z": pa.array([0.5, 1.5], pa.float32())})
    pq.write_table(table, tmp_path / "a.parquet")
    run(f"COPY INTO t FROM '{tmp_path / 'a.parquet'}' WITH (FILE_TYPE = 'PARQUET');")
    assert rows(run) == [(1, "a", 0.5), (2, None, 1.5)]


def test_identity_is_made_or_read(run: Run, tmp_path: Path) -> None:
    run("CREATE TABLE i (id int IDENTITY, v varchar(3)) WITH (HEAP);")
    (tmp_path / "one.csv").write_text("a\n")
    (tmp_path / "two.csv").write_text("7,b\n")
    run(f"COPY INTO i FROM '{tmp_path / 'one.csv'}';")
    run(f"COPY INTO i (id, v) FROM '{tmp_path / 'two.csv'}' WITH (IDENTITY_INSERT = 'ON');")
    assert run("SELECT id, v FROM i ORDER BY id;") == [(1, "a"), (7, "b")]


@pytest.mark.parametrize(
    ("text", "more", "number"),
    [
        ("1,a,1\nx,b,1\n", "", 245),
        ("1,a,1\n2,too long,1\n", "", 2628),
        ("1,a,1\n,b,1\n", "", 515),
        ("1,a\n", "", None),
        ("1,a,1\n", "WITH (FILE_TYPE = 'ORC')", 50000),
        ("1,a,1\n", "WITH (MAXERRORS = 10)", 50000),
        ("1,a,1\n", "WITH (ERRORFILE = 'x')", 50000),
        ("1,a,1\n", "WITH (FIRSTROW = 0)", 102),
    ],
)
def test_what_does_not_fit_leaves_the_table_as_it_was(
    run: Run, tmp_path: Path, text: str, more: str, number: int | None
) -> None:
    (tmp_path / "a.csv").write_text("9,z,9\n")
    (tmp_path / "b.csv").write_text(text)
    with pytest.raises(DatabaseError) as refusal:
        run(f"COPY INTO t FROM '{tmp_path / 'a.csv'}', '{tmp_path / 'b.csv'}' {more};")
    assert number is None or refusal.value.number == number, refusal.value
    assert rows(run) == []


def test_files_are_local_there_and_below_the_folder(run: Run, tmp_path: Path, connection: dbapi.Connection) -> None:
    (tmp_path / "out.csv").write_text("1,a,1\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "out.csv")
    for place, said in (
        ("https://account.blob.core.windows.net/container/a.csv", "local files only"),
        (f"{tmp_path}/nothing.csv", "cannot find"),
        (f"{tmp_path}/x*.csv", "cannot find"),
    ):
        with pytest.raises(DatabaseError, match=said):
            run(f"COPY INTO t FROM '{place}';")
    connection.session.files = tmp_path / "in"
    for place in ("out.csv", "in/../out.csv", "in/link.csv"):
        with pytest.raises(DatabaseError, match="may not read"):
            run(f"COPY INTO t FROM '{tmp_path}/{place}';")
