"""EXEC: procedures with OUTPUT parameters, text, sp_executesql; variables that a batch is given."""

from __future__ import annotations

import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from deployer.emulator.types import INT, NVARCHAR, SqlType
from tests.emulator.conftest import Run


@pytest.fixture
def halve(run: Run) -> None:
    run(
        "CREATE PROCEDURE halve @n int, @half int OUTPUT, @odd bit OUT AS BEGIN "
        "SET @half = @n / 2; IF @n % 2 = 1 SET @odd = 1 ELSE SET @odd = 0; END"
    )


@pytest.mark.parametrize(
    "call",
    [
        "EXEC halve 7, @h OUTPUT, @o OUTPUT;",
        "EXEC dbo.halve @n = 7, @odd = @o OUT, @half = @h OUTPUT;",
        "EXECUTE halve 7, @half = @h OUTPUT, @odd = @o OUTPUT;",
    ],
)
@pytest.mark.usefixtures("halve")
def test_output_parameters_come_back(run: Run, call: str) -> None:
    assert run(f"DECLARE @h int, @o bit; {call} SELECT @h, @o;") == [(3, True)]


@pytest.mark.usefixtures("halve")
def test_output_is_converted_to_the_callers_type_and_not_given_without_the_word(run: Run) -> None:
    assert run("DECLARE @h varchar(5) = '0', @o int = 9; EXEC halve 7, @h OUTPUT, @o; SELECT @h, @o;") == [("3", 9)]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("EXEC halve @x OUTPUT, 1, 1;", 8162),
        ("EXEC halve 1, 2 OUTPUT, 1;", 179),
        ("EXEC halve @n = 1, 2, 3;", 119),
        ("EXEC halve 1, 2, 3, 4;", 8144),
        ("EXEC halve 1, @n = 2, @odd = 1;", 8143),
        ("EXEC halve 1, 2;", 201),
        ("EXEC halve 1, @nothing OUTPUT, 1;", 137),
    ],
)
@pytest.mark.usefixtures("halve")
def test_call_that_does_not_fit_is_refused(run: Run, call: str, number: int) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(f"DECLARE @x int = 1; {call}")
    assert refusal.value.number == number, refusal.value


@pytest.mark.parametrize(
    ("call", "rows"),
    [
        ("EXEC sp_executesql N'SELECT 1;';", [(1,)]),
        ("EXEC sp_executesql N'SELECT @a, @b;', N'@a int, @b nvarchar(3)', @b = N'text', @a = 2;", [(2, "tex")]),
        ("EXEC sys.sp_executesql N'SELECT @a;', N'@a int', 5;", [(5,)]),
        (
            "DECLARE @n int; EXEC sp_executesql N'SET @out = 2 * @in;', N'@in int, @out int OUTPUT', @in = 4, "
            "@out = @n OUTPUT; SELECT @n;",
            [(8,)],
        ),
        ("DECLARE @q nvarchar(50) = N'SELECT @a;'; EXEC sp_executesql @q, N'@a int', @a = NULL;", [(None,)]),
        ("DECLARE @q nvarchar(50) = N'SELECT '; EXEC (@q + N'7;');", [(7,)]),
    ],
)
def test_text_is_run(run: Run, call: str, rows: list[tuple[object, ...]]) -> None:
    assert run(call) == rows


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("EXEC sp_executesql 'SELECT 1;';", 214),
        ("EXEC sp_executesql N'SELECT @a;', N'@a int';", 201),
        ("EXEC sp_executesql N'SELECT @a;', N'@a int', @b = 1;", 8145),
        ("EXEC sp_executesql N'SELECT @a;', N'@a nothing', @a = 1;", 2715),
        ("EXEC sp_executesql N'SELECT @a;', N'a int', @a = 1;", 102),
        ("DECLARE @a int = 1; EXEC sp_executesql N'SELECT @a;';", 137),
        ("DECLARE @a int = 1; EXEC (N'SELECT @a;');", 137),
    ],
)
def test_text_that_cannot_run_is_refused(run: Run, call: str, number: int) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(call)
    assert refusal.value.number == number, refusal.value


def test_temporary_table_of_a_procedure_stays(run: Run) -> None:
    run("CREATE PROCEDURE make AS CREATE TABLE #kept (n int) WITH (HEAP); INSERT INTO #kept VALUES (1);")
    run("EXEC make;")
    assert run("SELECT n FROM #kept;") == [(1,)]


def test_batch_is_given_variables_and_gives_them_back(connection: dbapi.Connection) -> None:
    session = connection.session
    given = {"@Name": ("x", SqlType("varchar", 5)), "@n": (4, INT), "@out": (None, NVARCHAR)}
    results = session.run_batch("SET @out = @name + N'y'; SELECT @n;", variables=given)
    assert [result.columns[0].type for result in results if result.columns] == [INT]
    assert session.variables["@out"] == ("xy", NVARCHAR)


def test_error_tells_its_line_and_its_procedure(run: Run) -> None:
    run("-- divides\nCREATE PROCEDURE divide @n int AS\nSELECT 1;\nSELECT 1 / @n;")
    with pytest.raises(DatabaseError) as refusal:
        run("SELECT 1;\n\nEXEC divide 0;")
    assert (refusal.value.line, refusal.value.procedure) == (4, "dbo.divide")
    assert str(refusal.value).startswith("Msg 8134, Level 16, State 1, Procedure dbo.divide, Line 4: ")


@pytest.mark.parametrize(
    ("batch", "line"),
    [
        ("SELECT 1;\nSELECT nothing;", 2),
        ("SELECT 1;\n\nSELEC 1;", 3),
        ("SELECT 1\nFROM;\n", 2),
        ("IF 1 = 1\nBEGIN\n  SELECT 1 / 0;\nEND", 3),
        ("DECLARE @a int\n= 1;\nWAITFOR DELAY '0:0:1';", 3),
        ("EXEC (N'SELECT 1;\nSELECT nothing;');", 2),
    ],
)
def test_error_tells_the_line_of_its_statement(run: Run, batch: str, line: int) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run(batch)
    assert refusal.value.line == line, refusal.value
