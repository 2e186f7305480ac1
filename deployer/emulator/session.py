"""`Session`: runs batches of T-SQL on one connection, one statement after the other, as the server does."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployer.emulator import changes, control, objects
from deployer.emulator import statements as st
from deployer.emulator.catalog import HIDDEN, Catalog
from deployer.emulator.errors import DatabaseError, NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Parameters, Scope
from deployer.emulator.frames import Frame, Result
from deployer.emulator.functions import Typed, as_type
from deployer.emulator.grammar import parse_batch
from deployer.emulator.predict import BATCH_ROWS, PredictRelation, bind_model
from deployer.emulator.refusals import translate_error
from deployer.emulator.relations import Relation, View
from deployer.emulator.syntax import ObjectName
from deployer.emulator.translate import Translator, table_name
from deployer.emulator.types import INT, MAX, NVARCHAR, SqlColumn, SqlType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

    from deployer.target import Target

_NESTED = 32
"""Procedures and EXEC within each other (learn.microsoft.com: 32 levels of nesting)."""

_sessions = itertools.count()


class Session:
    """One client's session: its variables, transaction and `#` tables. Not for several threads at once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Target) -> None:
        self.connection = connection
        self.target = target
        self.catalog = Catalog(connection, f"{HIDDEN}#{next(_sessions)}")
        # Text is compared as the server's default collation does: without regard to case.
        connection.execute("SET default_collation = 'NOCASE'")
        self.messages: list[str] = []
        """What PRINT wrote."""
        self.in_transaction = False
        self.doomed = False
        self.frames = [Frame()]
        self.scored: dict[str, PredictRelation] = {}
        self._reader_open: pa.RecordBatchReader | None = None

    # --- Running ---

    def run_batch(self, sql: str, parameters: Sequence[tuple[object, SqlType]] = ()) -> Iterator[Result]:
        """Run a batch; gives each statement's result when it is asked for, and goes on when the next one is.

        Raises the server's errors as PEP 249's exceptions.
        """
        statements = parse_batch(sql)
        control.need_alone(statements)
        self.frames = [Frame(parameters=iter(parameters))]
        try:
            yield from self.run_all(statements)
        finally:
            self.release()

    def close(self) -> None:
        """End the session: an open transaction is rolled back, `#` tables go."""
        if self.in_transaction:
            self.connection.rollback()
            self.in_transaction = False
        self.release()
        self.catalog.drop_temporary()
        self.connection.close()

    def begin(self) -> None:
        """Begin a transaction; the pool has no nested ones."""
        if self.in_transaction:
            raise NotSupportedError("Nested transactions are not supported in a dedicated SQL pool.", 104)
        self.connection.begin()
        self.in_transaction = True

    def end(self, commit: bool) -> None:
        """Commit or roll back; error 111214 where no transaction is open."""
        if not self.in_transaction:
            raise ProgrammingError(
                "An attempt to complete a transaction has failed. No corresponding transaction found.", 111214
            )
        if commit and self.doomed:
            raise ProgrammingError("The current transaction cannot be committed; roll it back.", 3930)
        self.in_transaction = self.doomed = False
        with self.engine():
            if commit:
                self.connection.commit()
            else:
                self.connection.rollback()

    def run_all(self, statements: Sequence[st.Statement]) -> Iterator[Result]:
        for statement in statements:
            yield from self.run(statement)

    def run(self, statement: st.Statement) -> Iterator[Result]:
        self.release()
        if self.doomed and not isinstance(statement, (st.Rollback, st.Try, st.Block, st.If, st.Throw, st.Print)):
            raise ProgrammingError(
                "The current transaction cannot be committed and cannot support operations; roll it back.", 3930
            )
        try:
            yield from RUNNERS[type(statement)](self, statement) or ()
        except DatabaseError:
            # After an error XACT_STATE() is -2: the transaction can only be rolled back.
            self.doomed = self.in_transaction
            raise

    def engine(self) -> translate_error:
        """A context in which DuckDB's errors become the server's."""
        return translate_error(lambda: [relation.error for relation in self.scored.values()])

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a statement of DuckDB's; gives the number of rows that it changed."""
        with self.engine():
            rows = self.connection.execute(sql, dict(parameters) if parameters else None).fetchall()
        return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else -1

    def alive(self) -> duckdb.DuckDBPyConnection:
        """A connection that answers: in a doomed transaction DuckDB takes no query, but T-SQL goes on to ask."""
        return self.connection.cursor() if self.doomed else self.connection

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
        return self._value_of(typed, kind, translator.parameters)

    def _value_of(self, typed: Typed, kind: SqlType | None, parameters: Parameters) -> tuple[object, SqlType]:
        wanted = kind or typed.type or INT
        with self.engine():
            sql = f"SELECT {as_type(typed, wanted)}"
            rows = self.alive().execute(sql, parameters.values or None).fetchall()
        return (rows[0][0] if rows else None), wanted

    # --- What a translation asks ---

    def find_object(self, name: ObjectName) -> Relation | View:
        if (system := self.catalog.system(name)) is not None:
            return system
        entry = self.catalog.find(name)
        if entry is None or entry.kind == "PROCEDURE":
            raise ProgrammingError(f"Invalid object name '{name}'.", 208)
        if entry.kind == "TABLE":
            return self.catalog.table(name)
        (query,) = parse_batch(entry.definition)
        if not isinstance(query, st.Query):
            raise ProgrammingError(f"Invalid object name '{name}'.", 208)
        return View(query.query, tuple(column for column, _ in entry.columns))

    def variable(self, name: str) -> tuple[object, SqlType]:
        frame = self.frames[-1]
        if name == "?":
            try:
                return next(frame.parameters)
            except StopIteration:
                raise ProgrammingError("The statement has more markers than there are parameters.", 8179) from None
        if name == "@@version":
            return "Microsoft Azure SQL Data Warehouse - emulated by onnx-sql-deployer", NVARCHAR
        if name == "@@trancount":
            return int(self.in_transaction), INT
        if name not in frame.variables:
            raise ProgrammingError(f'Must declare the scalar variable "{name}".', 137, 15, 2)
        return frame.variables[name]

    def answer(self, name: str, values: list[Typed]) -> tuple[object, SqlType] | None:
        if name in _FIXED:
            return _FIXED[name], NVARCHAR
        if name == "XACT_STATE":
            return (-2 if self.doomed else int(self.in_transaction)), INT
        if name.startswith("ERROR_"):
            return self._answer_error(name)
        if name in {"OBJECT_ID", "SCHEMA_ID"}:
            texts = [str(self._value_of(value, NVARCHAR, Parameters())[0]) for value in values]
            return (self._object_id(texts) if name == "OBJECT_ID" else self._schema_id(texts)), INT
        return None

    def _answer_error(self, name: str) -> tuple[object, SqlType] | None:
        error = self.frames[-1].caught
        if self.doomed:
            # The pool knows an error's details only after ROLLBACK.
            error = None
        answers: Mapping[str, tuple[object, SqlType]] = {
            "ERROR_NUMBER": (error and error.number, INT),
            "ERROR_MESSAGE": (error and error.message, NVARCHAR),
            "ERROR_SEVERITY": (error and error.level, INT),
            "ERROR_STATE": (error and error.state, INT),
            "ERROR_PROCEDURE": (None, NVARCHAR),
        }
        return answers.get(name)

    def _object_id(self, texts: list[str]) -> int | None:
        name = parse_object_name(texts[0])
        entry = self.catalog.find(name) if name is not None else None
        if entry is None:
            return None
        kinds = {"U": "TABLE", "V": "VIEW", "P": "PROCEDURE"}
        return entry.id if len(texts) < 2 or kinds.get(texts[1].strip().upper()) == entry.kind else None

    def _schema_id(self, texts: list[str]) -> int | None:
        return 1 if self.catalog.has_schema(texts[0]) else None

    def predict(
        self,
        model: exp.Expr,
        source: Relation,
        outputs: tuple[SqlColumn, ...],
        wanted: frozenset[str] | None,
        parameters: Parameters,
    ) -> Relation:
        content, _ = self.scalar(model, SqlType("varbinary", MAX))
        bound = bind_model(content if isinstance(content, bytes) else None, source.columns, outputs, self.target)
        passed = tuple((n, c) for n, c in source.columns if wanted is None or c.name.lower() in wanted)
        read = dict.fromkeys([*(name for name, _ in passed), *bound.inputs.values()])
        sql = f"SELECT {', '.join(read)} FROM ({source.sql})"
        used = {name: value for name, value in parameters.values.items() if f"${name}" in sql}
        names = tuple(f"s{index}" for index in range(len(outputs)))
        reader, fields = self._reader(sql, used)
        relation = PredictRelation(reader, fields, tuple(name for name, _ in passed), bound, names)
        registered = f"predict_{len(self.scored)}"
        self.connection.register(registered, relation)
        self.scored[registered] = relation
        return Relation(f"SELECT * FROM {registered}", (*passed, *zip(names, outputs, strict=True)))

    def _reader(
        self, sql: str, parameters: dict[str, Any]
    ) -> tuple[Callable[[], pa.RecordBatchReader], dict[str, Any]]:
        """How PREDICT reads its source, and the source's fields.

        A connection runs one query at a time, and this one runs the query around PREDICT: the source is read on
        another, which does not see what a transaction has not committed. In a transaction it is therefore read first,
        and held.
        """
        if self.in_transaction:
            with self.engine():
                table = self.connection.sql(sql, params=parameters or None).to_arrow_table()
            return table.to_reader, {f.name: f for f in table.schema}
        with self.engine():
            empty = self.connection.sql(f"SELECT * FROM ({sql}) LIMIT 0", params=parameters or None)
            fields = {f.name: f for f in empty.to_arrow_table().schema}

        def read() -> pa.RecordBatchReader:
            return _read_apart(self.connection, sql, parameters)

        return read, fields

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


def run_query(session: Session, statement: st.Query) -> Iterator[Result]:
    into = statement.query.args.get("into")
    if into is not None:
        name = table_name(into.this)
        yield Result(
            count=objects.create_as(session, name, statement.query, st.TableOptions(distribution="ROUND_ROBIN"))
        )
        return
    translator = Translator(session)
    sql, columns = translator.query(statement.query)
    parameters = dict(translator.parameters.values) or None

    def read(rows: int) -> pa.RecordBatchReader:
        with session.engine():
            reader = session.connection.sql(sql, params=parameters).to_arrow_reader(rows)
        session.hold(reader)
        return reader

    yield Result(columns, read)


Runner = Callable[[Session, Any], Iterator[Result] | None]

RUNNERS: Mapping[type[st.Statement], Runner] = {
    st.Query: run_query,
    st.Block: control.run_block,
    st.If: control.run_if,
    st.Try: control.run_try,
    st.Throw: control.run_throw,
    st.Print: control.run_print,
    st.Setting: control.run_setting,
    st.Begin: control.run_begin,
    st.Commit: control.run_commit,
    st.Rollback: control.run_rollback,
    st.Declare: control.run_declare,
    st.SetVariable: control.run_set_variable,
    st.ExecuteText: control.run_execute_text,
    st.ExecuteProcedure: control.run_execute_procedure,
    st.CreateSchema: objects.run_create_schema,
    st.CreateTable: objects.run_create_table,
    st.CreateTableAs: objects.run_create_table_as,
    st.CreateView: objects.run_create_view,
    st.CreateProcedure: objects.run_create_procedure,
    st.Drop: objects.run_drop,
    st.Rename: objects.run_rename,
    st.Insert: changes.run_insert,
    st.Update: changes.run_update,
    st.Delete: changes.run_delete,
    st.Truncate: changes.run_truncate,
}
"""What runs each kind of statement; one that gives results gives them one after the other."""


# --- Parts -----------------------------------------------------------------------------------------------------------

_FIXED: Mapping[str, str] = {
    "SUSER_SNAME": "emulator",
    "SUSER_NAME": "emulator",
    "ORIGINAL_LOGIN": "emulator",
    "SYSTEM_USER": "emulator",
    "CURRENT_USER": "dbo",
    "SESSION_USER": "dbo",
    "USER": "dbo",
    "USER_NAME": "dbo",
    "DB_NAME": "emulator",
    "SCHEMA_NAME": "dbo",
}
"""Functions that tell of the login: there is one, and it owns the database."""


def _read_apart(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> pa.RecordBatchReader:
    """Read a query on a cursor of its own, which lives as long as the reader."""
    import pyarrow as pa

    cursor = connection.cursor()
    reader = cursor.sql(sql, params=parameters or None).to_arrow_reader(BATCH_ROWS)

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        finally:
            reader.close()
            cursor.close()

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


_PART = re.compile(r"\s*(?:\[((?:[^\]]|\]\])*)\]|([^.\[\]]+?))\s*(\.|$)")


def parse_object_name(text: str) -> ObjectName | None:
    """The name in a text, as OBJECT_ID reads it; None for what is no name of one or two parts."""
    parts: list[str] = []
    at = 0
    while at < len(text) or not parts:
        match = _PART.match(text, at)
        if match is None:
            return None
        parts.append(match[1].replace("]]", "]") if match[1] is not None else match[2])
        at = match.end()
        if not match[3]:
            break
    if len(parts) > 2 or at < len(text):
        return None
    return ObjectName(parts[0] if len(parts) == 2 else "dbo", parts[-1])
