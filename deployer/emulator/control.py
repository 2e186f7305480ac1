"""Control flow: blocks, IF, TRY, variables, transactions, EXEC. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deployer.emulator import ddl
from deployer.emulator import statements as st
from deployer.emulator.errors import DatabaseError, ProgrammingError
from deployer.emulator.frames import Message, Result
from deployer.emulator.printf import format_message
from deployer.emulator.types import NVARCHAR

if TYPE_CHECKING:
    from deployer.emulator.session import Session


def need_alone(statements: Sequence[st.Statement]) -> None:
    """Msg 111: views, procedures and schemas are made in a batch of their own."""
    kinds = {
        ddl.CreateView: "CREATE VIEW",
        ddl.CreateProcedure: "CREATE/ALTER PROCEDURE",
        ddl.CreateSchema: "CREATE SCHEMA",
    }
    for statement in statements:
        kind = kinds.get(type(statement))
        if kind is not None and len(statements) > 1:
            raise ProgrammingError(f"'{kind}' must be the only statement in the batch.", 111, 15)


def run_block(session: Session, statement: st.Block) -> Iterator[Result]:
    return session.run_all(statement.body)


def run_if(session: Session, statement: st.If) -> Iterator[Result]:
    chosen = statement.then if session.is_true(statement.condition) else statement.otherwise
    return session.run(chosen) if chosen is not None else iter(())


class _Broken(Exception):
    """BREAK, on its way to the loop that it ends."""


def run_while(session: Session, statement: st.While) -> Iterator[Result]:
    while session.is_true(statement.condition):
        try:
            yield from session.run(statement.body)
        except _Broken:
            return


def run_break(_session: Session, _statement: st.Break) -> None:
    raise _Broken


def run_try(session: Session, statement: st.Try) -> Iterator[Result]:
    frame = session.frames[-1]
    depth = len(session.frames)
    try:
        yield from session.run_all(statement.body)
    except DatabaseError as error:
        del session.frames[depth:]
        before, frame.caught = frame.caught, error
        session.error_number = error.number
        try:
            yield from session.run_all(statement.handler)
        finally:
            frame.caught = before


def run_throw(session: Session, statement: st.Throw) -> Iterator[Result]:
    if statement.number is None or statement.message is None or statement.state is None:
        caught = session.frames[-1].caught
        if caught is None:
            raise ProgrammingError("To rethrow an error, a THROW statement must be used inside a CATCH block.", 10704)
        raise caught
    number, message, state = (
        session.scalar(part)[0] for part in (statement.number, statement.message, statement.state)
    )
    if not isinstance(number, int) or number < 50_000 or 100_000 <= number <= 150_000:
        raise ProgrammingError(
            f"Error number {number} in the THROW statement is outside of what a dedicated SQL pool takes: 50000 and "
            "above, without 100000 to 150000.",
            35100,
        )
    raise ProgrammingError(str(message), number, 16, int(str(state)))


def run_raise_error(session: Session, statement: st.RaiseError) -> None:
    """A severity of 10 and below is a message, any other an error.

    That an error ends the batch, as all of the pool's do here, is inferred: SQL Server goes on behind it.
    """
    text, severity, state = (
        session.scalar(part)[0] for part in (statement.message, statement.severity, statement.state)
    )
    arguments = [session.scalar(argument)[0] for argument in statement.arguments]
    if len(arguments) > _MOST_ARGUMENTS:
        raise ProgrammingError(f"RAISERROR takes {_MOST_ARGUMENTS} substitution parameters at most.", 2747)
    if not isinstance(severity, int) or not isinstance(state, int) or not isinstance(text, str):
        raise ProgrammingError("RAISERROR takes a text, and integers for severity and state.", 2732)
    if severity > _MOST_SEVERE:
        raise ProgrammingError(
            "Error severity levels greater than 18 can only be specified by members of the sysadmin role, using the "
            "WITH LOG option.",
            2754,
        )
    message = format_message(text, arguments)
    if severity > _LAST_MESSAGE:
        raise ProgrammingError(message, 50_000, severity, state if state >= 0 else 1)
    procedure = session.frames[-1].procedure
    session.messages.append(
        Message(message, 50_000, max(severity, 0), state if state >= 0 else 1, statement.line, procedure)
    )
    session.error_number = 50_000 if statement.seterror else 0


_MOST_ARGUMENTS = 20
_MOST_SEVERE = 18
_LAST_MESSAGE = 10
"""The severity up to which RAISERROR gives a message, and no error (learn.microsoft.com: RAISERROR)."""


def run_print(session: Session, statement: st.Print) -> None:
    text = str(session.scalar(statement.value, NVARCHAR)[0] or "")
    session.messages.append(Message(text, line=statement.line, procedure=session.frames[-1].procedure))


def run_setting(session: Session, statement: st.Setting) -> None:
    """An option that changes what a client sees is kept; the emulator is always in the others' one state."""
    if statement.name in session.settings:
        session.settings[statement.name] = statement.on


def run_begin(session: Session, _statement: st.Begin) -> None:
    session.begin()


def run_commit(session: Session, _statement: st.Commit) -> None:
    session.end(commit=True)


def run_rollback(session: Session, _statement: st.Rollback) -> None:
    session.end(commit=False)


def run_declare(session: Session, statement: st.Declare) -> None:
    frame = session.frames[-1]
    names = [name for name, _, _ in statement.variables]
    for name, kind, value in statement.variables:
        # In a loop the same DECLARE comes by again: it then gives its value anew, and without one leaves the old.
        again = frame.declared.get(name) is statement
        if names.count(name) > 1 or (name in frame.variables and not again):
            raise ProgrammingError(f"The variable name '{name}' has already been declared.", 134, 15)
        if value is not None:
            frame.variables[name] = session.scalar(value, kind)
        elif not again:
            frame.variables[name] = (None, kind)
        frame.declared[name] = statement


def run_set_variable(session: Session, statement: st.SetVariable) -> None:
    _, kind = session.variable(statement.name)
    session.frames[-1].variables[statement.name] = session.scalar(statement.value, kind)
