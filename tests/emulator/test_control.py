"""Control flow: WHILE, compound assignment, RAISERROR, PRINT, THROW, @@ERROR, SET options."""

from __future__ import annotations

import pytest

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from deployer.emulator.frames import Message
from deployer.emulator.runners import FORMS, RUNNERS
from tests.emulator.conftest import Run


def test_while_runs_until_its_condition_is_not_true(run: Run) -> None:
    assert run("DECLARE @n int = 0; WHILE @n < 5 SET @n = @n + 1; SELECT @n;") == [(5,)]
    assert run("DECLARE @n int = 0; WHILE NULL = 1 SET @n = 1; SELECT @n;") == [(0,)]


def test_break_ends_the_innermost_loop(run: Run) -> None:
    assert run("""
        DECLARE @outer int = 0, @inner int, @steps int = 0;
        WHILE @outer < 3
        BEGIN
            SET @inner = 0;
            WHILE 1 = 1
            BEGIN
                SET @inner += 1;
                SET @steps += 1;
                BEGIN TRY IF @inner = 2 BREAK; END TRY BEGIN CATCH SELECT N'not an error'; END CATCH
            END
            SET @outer += 1;
        END
        SELECT @outer, @steps;
    """) == [(3, 6)]


def test_declare_in_a_loop_gives_its_value_anew_or_leaves_the_old(run: Run) -> None:
    assert run("""
        DECLARE @i int = 0, @sum int = 0;
        WHILE @i < 3
        BEGIN
            DECLARE @fresh int = 1, @kept int;
            SET @sum += @fresh;
            SET @fresh += 5;
            SET @kept = ISNULL(@kept, 0) + 1;
            SET @i += 1;
        END
        SELECT @sum, @kept;
    """) == [(3, 3)]


def test_loop_gives_a_result_each_time(connection: dbapi.Connection) -> None:
    cursor = connection.cursor().execute("DECLARE @n int = 0; WHILE @n < 3 BEGIN SET @n += 1; SELECT @n; END")
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    assert found == [[(1,)], [(2,)], [(3,)]]


@pytest.mark.parametrize(
    ("operator", "result"), [("+=", 9), ("-=", 5), ("*=", 14), ("/=", 3), ("%=", 1), ("&=", 2), ("|=", 7), ("^=", 5)]
)
def test_compound_assignment(run: Run, operator: str, result: int) -> None:
    assert run(f"DECLARE @n int = 7; SET @n {operator} 1 + 1; SELECT @n;") == [(result,)]


def test_compound_assignment_joins_text(run: Run) -> None:
    assert run("DECLARE @t varchar(4) = 'abc'; SET @t += N'def'; SELECT @t;") == [("abcd",)]


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        ("N'plain', 10, 1", "plain"),
        ("N'This is message %s %d.', 10, 1, N'number', 5", "This is message number 5."),
        ("N'<<%*.*s>>', 10, 1, 7, 3, N'abcde'", "<<    abc>>"),
        ("N'<<%7.3s>>', 10, 1, N'abcde'", "<<    abc>>"),
        ("N'<%-5s|%5s>', 10, 1, N'ab', N'cd'", "<ab   |   cd>"),
        ("N'%+d % d %05d %-5d| %5d %.3d', 10, 1, 1, 2, 3, 4, 5, 6", "+1  2 00003 4    |     5 006"),
        ("N'%x %X %#x %o %#o %u', 10, 1, 255, 255, 255, 8, 8, -1", "ff FF 0xff 10 010 4294967295"),
        ("N'100%% %s %d', 10, 1, NULL", "100% (null) (null)"),
    ],
)
def test_raiserror_of_low_severity_is_a_message(connection: dbapi.Connection, raised: str, text: str) -> None:
    connection.cursor().execute(f"RAISERROR ({raised}) WITH NOWAIT;")
    assert connection.messages == [text]


def test_message_tells_its_place(run: Run, connection: dbapi.Connection) -> None:
    run("CREATE PROCEDURE tell AS\nPRINT N'here';\nRAISERROR ('there', 5, 3);")
    run("EXEC tell;")
    assert connection.session.messages == [
        Message("here", line=2, procedure="dbo.tell"),
        Message("there", 50_000, 5, 3, 3, "dbo.tell"),
    ]


def test_long_message_ends_in_an_ellipsis(run: Run, connection: dbapi.Connection) -> None:
    run("DECLARE @t varchar(3000) = REPLICATE('x', 3000); RAISERROR (@t, 0, 1);")
    assert connection.messages == ["x" * 2044 + "..."]


def test_raiserror_of_high_severity_goes_to_catch(run: Run) -> None:
    run("CREATE PROCEDURE fail @what nvarchar(20) AS RAISERROR (N'no %s', 12, 7, @what);")
    assert run("""
        BEGIN TRY EXEC fail N'rows'; END TRY
        BEGIN CATCH
            SELECT ERROR_NUMBER(), ERROR_MESSAGE(), ERROR_SEVERITY(), ERROR_STATE(), ERROR_PROCEDURE();
        END CATCH
    """) == [(50_000, "no rows", 12, 7, "dbo.fail")]


def test_throw_from_variables_and_again_from_a_nested_catch(run: Run) -> None:
    with pytest.raises(DatabaseError) as refusal:
        run("""DECLARE @n int = 51234, @m nvarchar(20) = N'100% mine', @s int = 9;
            BEGIN TRY
                BEGIN TRY THROW @n, @m, @s; END TRY
                BEGIN CATCH THROW; END CATCH
            END TRY
            BEGIN CATCH
                PRINT N'seen';
                THROW;
            END CATCH""")
    error = refusal.value
    assert (error.number, error.message, error.state, error.line) == (51_234, "100% mine", 9, 3)


def test_error_number_of_the_last_statement(run: Run) -> None:
    assert run("""
        DECLARE @first int, @then int;
        BEGIN TRY SELECT 1 / 0; END TRY
        BEGIN CATCH SET @first = @@ERROR; SET @then = @@ERROR; END CATCH
        SELECT @first, @then, @@ERROR;
    """) == [(8134, 0, 0)]
    with pytest.raises(DatabaseError):
        run("SELECT 1 / 0;")
    assert run("SELECT @@ERROR;") == [(8134,)]
    assert run("SELECT @@ERROR;") == [(0,)]


def test_global_variables(run: Run, connection: dbapi.Connection) -> None:
    assert run("SELECT @@TRANCOUNT, @@DATEFIRST, @@LANGUAGE, @@SPID;") == [
        (0, 7, "us_english", connection.session.number)
    ]
    assert connection.session.number > 50


@pytest.mark.parametrize(
    "batch",
    [
        "SET NOCOUNT ON SELECT 1;",
        "SET ANSI_NULLS, QUOTED_IDENTIFIER ON; SELECT 1;",
        "SET TEXTSIZE 2147483647; SET LOCK_TIMEOUT -1; SET ROWCOUNT 0; SELECT 1;",
        "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; SELECT 1;",
        "SET DATEFORMAT mdy; SET DATEFIRST 7; SET LANGUAGE us_english; SELECT 1;",
        "SET XACT_ABORT ON\nSET ARITHABORT ON\nSELECT 1",
    ],
)
def test_option_that_changes_nothing_is_taken(run: Run, batch: str) -> None:
    assert run(batch) == [(1,)]


def test_every_statement_is_told_of_on_the_page() -> None:
    assert set(FORMS) == set(RUNNERS)
