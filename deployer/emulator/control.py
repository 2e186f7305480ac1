"""Control flow: blocks, IF, TRY, variables, transactions, EXEC. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deployer.emulator import statements as st
from deployer.emulator.errors import DatabaseError, ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.types import NVARCHAR

if TYPE_CHECKING:
    from deployer.emulator.session import Session


def need_alone(statements: Sequence[st.Statement]) -> None:
    """Msg 111: views, procedures and schemas are made in a batch of their own."""
    kinds = {
        st.CreateView: "CREATE VIEW",
        st.CreateProcedure: "CREATE/ALTER PROCEDURE",
        st.CreateSchema: "CREATE SCHEMA",
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


def run_try(session: Session, statement: st.Try) -> Iterator[Result]:
    frame = session.frames[-1]
    depth = len(session.frames)
    try:
        yield from session.run_all(statement.body)
    except DatabaseError as error:
        del session.frames[depth:]
        before, frame.caught = frame.caught, error
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


def run_print(session: Session, statement: st.Print) -> None:
    session.messages.append(str(session.scalar(statement.value, NVARCHAR)[0] or ""))


def run_setting(_session: Session, _statement: st.Setting) -> None:
    """NOCOUNT and its kin change nothing that the emulator shows."""


def run_begin(session: Session, _statement: st.Begin) -> None:
    session.begin()


def run_commit(session: Session, _statement: st.Commit) -> None:
    session.end(commit=True)


def run_rollback(session: Session, _statement: st.Rollback) -> None:
    session.end(commit=False)


def run_declare(session: Session, statement: st.Declare) -> None:
    variables = session.frames[-1].variables
    for name, kind, value in statement.variables:
        if name in variables:
            raise ProgrammingError(f"The variable name '{name}' has already been declared.", 134, 15)
        variables[name] = (None, kind) if value is None else session.scalar(value, kind)


def run_set_variable(session: Session, statement: st.SetVariable) -> None:
    _, kind = session.variable(statement.name)
    session.frames[-1].variables[statement.name] = session.scalar(statement.value, kind)
