"""`Session`: runs batches of T-SQL on one connection, one statement after the other, as the server does."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from deployer.emulator import answers, control, ddl, routines, scoring
from deployer.emulator import statements as st
from deployer.emulator.catalog import Catalog
from deployer.emulator.errors import DatabaseError, InternalError, NotSupportedError, ProgrammingError
from deployer.emulator.frames import Frame, Message, Result
from deployer.emulator.grammar import count_marks, parse_batch
from deployer.emulator.predict import PredictRelation
from deployer.emulator.refusals import translate_error
from deployer.emulator.relations import Relation, Scope, View
from deployer.emulator.runners import HOLDS_OTHERS, REFUSED_WHEN_DOOMED, RUNNERS
from deployer.emulator.syntax import ObjectName
from deployer.emulator.system_views import system_view
from deployer.emulator.translate import Translator
from deployer.emulator.typed import Typed, as_type
from deployer.emulator.types import INT, SqlColumn, SqlType
from deployer.emulator.values import Parameters, literal

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

    from deployer.target import Target

_NESTED = 32
"""Procedures and EXEC within each other (learn.microsoft.com: 32 levels of nesting)."""


class Session:
    """One client's session: its variables, transaction and `#` tables. Not for several threads at once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Target) -> None:
        self.connection = connection
        self.target = target
        self.catalog = Catalog(connection)
        # Text is compared as the server's default collation does: without regard to case.
        connection.execute("SET default_collation = 'NOCASE'")
        # A division by zero is an error, and not NULL or infinity.
        connection.execute("SET ieee_floating_point_ops = false")
        routines.register(connection)
        self.messages: list[Message] = []
        """What PRINT wrote."""
        self.error_number: int = 0
        """@@ERROR: the number of the last statement's error; 0 for none."""
        self.in_transaction: bool = False
        self.doomed = False
        self.identity_insert: set[int] = set()
        """The numbers of the tables, one at most, for which SET IDENTITY_INSERT is on."""
        self.was_committed = False
        """Whether the transaction that ended last was committed."""
        self.files: Path | None = None
        """The folder below which COPY INTO reads files; None for wherever this process may."""
        self.frames = [Frame()]
        self.scored: dict[str, PredictRelation] = {}
        self.settings: dict[str, bool] = {"NOCOUNT": False, "IMPLICIT_TRANSACTIONS": False}
        """Of the options of SET, those that change what a client sees."""
        self._reader_open: pa.RecordBatchReader | None = None
        self._is_interrupted = False

    # --- Running ---

    def run_batch(
        self,
        sql: str,
        parameters: Sequence[tuple[object, SqlType]] = (),
        variables: Mapping[str, tuple[object, SqlType]] | None = None,
    ) -> Generator[Result, None, None]:
        """Run a batch; gives each statement's result when it is asked for, and goes on when the next one is.

        `parameters` are the values of its `?` in order, `variables` those that are declared before it begins, by name
        (`@a`). What they have become, `variables` of the session tells when the batch has ended.
        Raises the server's errors as PEP 249's exceptions, with the line of the batch.
        """
        statements = parse_batch(sql)
        control.need_alone(statements)
        marks = count_marks(sql)
        if marks != len(parameters):
            raise ProgrammingError(
                f"The SQL contains {marks} parameter markers, but {len(parameters)} parameters were supplied.", 8179
            )
        self.frames = [Frame({name.lower(): value for name, value in (variables or {}).items()}, parameters)]
        self._is_interrupted = False
        try:
            yield from self.run_all(statements)
        finally:
            self.release()

    @property
    def number(self) -> int:
        """@@SPID: the server's own sessions have the numbers up to 50."""
        return self.catalog.number

    @property
    def variables(self) -> Mapping[str, tuple[object, SqlType]]:
        """The variables of the batch that ran last, by lower-case name: where OUTPUT parameters are read from."""
        return self.frames[0].variables

    def interrupt(self) -> None:
        """Stop the batch that runs, from another thread; it then fails. To be said again until it has ended."""
        self._is_interrupted = True
        self.connection.interrupt()

    def close(self) -> None:
        """End the session: an open transaction is rolled back, `#` tables go."""
        self.release()
        if self.in_transaction:
            self.end(commit=False)
        self.catalog.drop_temporary()
        self.connection.close()

    def begin(self) -> None:
        """Begin a transaction; the pool has no nested ones."""
        if self.in_transaction:
            raise NotSupportedError("Nested transactions are not supported in a dedicated SQL pool.", 104)
        self.connection.begin()
        self.in_transaction = True

    def end(self, commit: bool) -> None:
        """Commit or roll back; error 111214 where no transaction is open, 111233 where it cannot be committed."""
        if not self.in_transaction:
            raise ProgrammingError(
                "An attempt to complete a transaction has failed. No corresponding transaction found.", 111214
            )
        # DuckDB ends no transaction while a result is open.
        self.release()
        if self.doomed:
            if commit:
                self._refuse_doomed()
            self.in_transaction = self.doomed = self.was_committed = False
            return
        self.in_transaction = False
        self.was_committed = commit
        with self.engine():
            if commit:
                self.connection.commit()
            else:
                self.connection.rollback()

    def _doom(self) -> None:
        """After an error XACT_STATE() is -2: what the transaction changed is gone, and only ROLLBACK ends it."""
        if self.in_transaction and not self.doomed:
            self.release()
            self.connection.rollback()
            self.doomed = True

    def _refuse_doomed(self) -> NoReturn:
        # learn.microsoft.com: Use transactions in a SQL pool, which shows this number and text.
        raise ProgrammingError(
            "The current transaction has aborted, and any pending changes have been rolled back. Cause: A transaction "
            "in a rollback-only state was not explicitly rolled back before a DDL, DML or SELECT statement.",
            111233,
        )

    def run_all(self, statements: Sequence[st.Statement]) -> Iterator[Result]:
        for statement in statements:
            yield from self.run(statement)

    def run(self, statement: st.Statement) -> Iterator[Result]:
        self.release()
        if self._is_interrupted:
            raise InternalError("The batch was interrupted.")
        reads_or_writes = isinstance(statement, REFUSED_WHEN_DOOMED)
        if self.settings["IMPLICIT_TRANSACTIONS"] and not self.in_transaction and reads_or_writes:
            self.begin()
        if self.doomed and reads_or_writes:
            self._refuse_doomed()
        try:
            yield from RUNNERS[type(statement)](self, statement) or ()
            if not isinstance(statement, HOLDS_OTHERS):
                self.error_number = 0
        except DatabaseError as error:
            self._doom()
            self.error_number = error.number
            error.at(statement.line, self.frames[-1].procedure)
            raise
        except RecursionError:
            self._doom()
            deep = ProgrammingError("Some part of the statement is nested too deeply.", 191, 15)
            raise deep.at(statement.line, self.frames[-1].procedure) from None

    def engine(self) -> translate_error:
        """A context in which DuckDB's errors become the server's."""
        return translate_error(lambda: [relation.error for relation in self.scored.values()])

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a statement of DuckDB's; gives the number of rows that it changed."""
        with self.engine():
            rows = self.connection.execute(sql, dict(parameters) if parameters else None).fetchall()
        return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else -1

    def hold(self, reader: pa.RecordBatchReader) -> None:
        """Keep a reader to close it: DuckDB runs one query at a time on a connection."""
        self._reader_open = reader

    def release(self) -> None:
        """Let go of what the last statement left open."""
        if self._reader_open is not None:
            self._reader_open.close()
            self._reader_open = None
        for name in self.scored:
            self.connection.unregister(name)
        self.scored.clear()

    # --- Queries ---

    def scalar(self, node: exp.Expr, kind: SqlType | None = None) -> tuple[object, SqlType]:
        """The value of an expression, cast to a type if one is given."""
        translator = Translator(self)
        typed = translator.expressions.value(node, Scope())
        return self.value_of(typed, kind, translator.parameters)

    def value_of(self, typed: Typed, kind: SqlType | None, parameters: Parameters) -> tuple[object, SqlType]:
        """The value of a translated expression, cast to a type if one is given."""
        wanted = kind or typed.type or INT
        sql = f"SELECT {as_type(typed, wanted)}"
        with self.engine():
            rows = self.connection.execute(sql, parameters.used_in(sql)).fetchall()
        return (rows[0][0] if rows else None), wanted

    def is_true(self, node: exp.Expr) -> bool:
        """Whether a condition holds; what is unknown does not."""
        translator = Translator(self)
        sql = f"SELECT {translator.expressions.condition(node, Scope())}"
        with self.engine():
            rows = self.connection.execute(sql, translator.parameters.used_in(sql)).fetchall()
        return bool(rows[0][0])

    # --- What a translation asks ---

    def find_object(self, name: ObjectName) -> Relation | View:
        if (view := system_view(name.schema, name.name)) is not None:
            return view
        if name.schema.lower() in {"sys", "information_schema"}:
            raise NotSupportedError(f"The emulator does not know the catalog view {name}.")
        entry = self.catalog.find(name)
        if entry is None or entry.kind == "PROCEDURE":
            raise ProgrammingError(f"Invalid object name '{name}'.", 208)
        if entry.kind == "TABLE":
            return self.catalog.table(entry)
        (made,) = parse_batch(entry.definition)
        if not isinstance(made, ddl.CreateView):
            raise ProgrammingError(f"Invalid object name '{name}'.", 208)
        return View(made.query, made.columns, entry.columns)

    def variable(self, name: str) -> tuple[object, SqlType]:
        frame = self.frames[-1]
        if name.startswith("?"):
            if int(name[1:]) >= len(frame.parameters):
                raise ProgrammingError("A parameter marker within a view, a procedure or EXEC has no value.", 8179)
            return frame.parameters[int(name[1:])]
        if name.startswith("@@"):
            return answers.global_variable(self, name)
        if name not in frame.variables:
            raise ProgrammingError(f'Must declare the scalar variable "{name}".', 137, 15, 2)
        return frame.variables[name]

    def assign(self, name: str, value: object, kind: SqlType) -> None:
        """Give a variable a value, converted to its type."""
        _, own = self.variable(name)
        parameters = Parameters()
        typed = Typed(literal(value, kind, parameters), kind)
        self.frames[-1].variables[name] = self.value_of(typed, own, parameters)

    def answer(self, name: str, values: list[Typed]) -> tuple[object, SqlType]:
        return answers.answer(self, name, values)

    def predict(
        self,
        model: Typed,
        source: Relation,
        outputs: tuple[SqlColumn, ...],
        wanted: frozenset[str] | None,
        parameters: Parameters,
    ) -> Relation:
        return scoring.predict(self, model, source, outputs, wanted=wanted, parameters=parameters)

    def run_within(self, frame: Frame, statements: Sequence[st.Statement]) -> Iterator[Result]:
        if len(self.frames) > _NESTED:
            raise ProgrammingError(f"Maximum stored procedure nesting level exceeded (limit {_NESTED}).", 217)
        self.frames.append(frame)
        depth = len(self.frames)
        yield from self.run_all(statements)
        del self.frames[depth - 1 :]

    def refuse_in_transaction(self, what: str) -> None:
        if self.in_transaction:
            raise ProgrammingError(f"{what} statement not allowed within multi-statement transaction.", 226, 16, 6)

    def both(self) -> translate_error:
        """A short transaction of the emulator's own, around a change and its entry in the catalog."""
        return translate_error(lambda: [relation.error for relation in self.scored.values()], self.connection)
