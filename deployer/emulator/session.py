"""`Session`: runs batches of T-SQL on one connection, one statement after the other, as the server does."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployer.emulator import statements as st
from deployer.emulator.catalog import HIDDEN, Catalog, parameter_types
from deployer.emulator.errors import DatabaseError, NotSupportedError, ProgrammingError
from deployer.emulator.expressions import Parameters, Scope
from deployer.emulator.functions import Typed, as_type
from deployer.emulator.grammar import ObjectName, parse_batch
from deployer.emulator.predict import BATCH_ROWS, PredictRelation, bind_model
from deployer.emulator.refusals import translate_error
from deployer.emulator.store import convert, insert_columns, need_storable
from deployer.emulator.translate import Relation, Translator, View, quote_name, table_name
from deployer.emulator.types import INT, MAX, NVARCHAR, SqlColumn, SqlType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

    from deployer.target import Target

_NESTED = 32
"""Procedures and EXEC within each other (learn.microsoft.com: 32 levels of nesting)."""

_sessions = itertools.count()


@dataclass(slots=True)
class Result:
    """What one statement gives: rows with their columns, or a count of rows that it changed (-1: not told)."""

    columns: tuple[SqlColumn, ...] = ()
    read: Callable[[int], pa.RecordBatchReader] | None = None
    count: int = -1


@dataclass(slots=True)
class _Frame:
    """The variables of a batch or a procedure, and the parameters of its `?`."""

    variables: dict[str, tuple[object, SqlType]] = field(default_factory=dict)
    parameters: Iterator[tuple[object, SqlType]] = field(default_factory=lambda: iter(()))
    caught: DatabaseError | None = None


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
        self._frames = [_Frame()]
        self._scored: dict[str, PredictRelation] = {}
        self._reader_open: pa.RecordBatchReader | None = None

    # --- Running ---

    def run_batch(self, sql: str, parameters: Sequence[tuple[object, SqlType]] = ()) -> Iterator[Result]:
        """Run a batch; gives each statement's result when it is asked for, and goes on when the next one is.

        Raises the server's errors as PEP 249's exceptions.
        """
        statements = parse_batch(sql)
        _need_alone(statements)
        self._frames = [_Frame(parameters=iter(parameters))]
        try:
            yield from self._run_all(statements)
        finally:
            self._release()

    def close(self) -> None:
        """End the session: an open transaction is rolled back, `#` tables go."""
        if self.in_transaction:
            self.connection.rollback()
            self.in_transaction = False
        self._release()
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
        with self._engine():
            if commit:
                self.connection.commit()
            else:
                self.connection.rollback()

    def _run_all(self, statements: Sequence[st.Statement]) -> Iterator[Result]:
        for statement in statements:
            yield from self._run(statement)

    def _run(self, statement: st.Statement) -> Iterator[Result]:
        self._release()
        if self.doomed and not isinstance(statement, (st.Rollback, st.Try, st.Block, st.If, st.Throw, st.Print)):
            raise ProgrammingError(
                "The current transaction cannot be committed and cannot support operations; roll it back.", 3930
            )
        runner = getattr(self, f"_run_{type(statement).__name__.lower()}")
        try:
            yield from runner(statement) or ()
        except DatabaseError:
            # After an error XACT_STATE() is -2: the transaction can only be rolled back.
            self.doomed = self.in_transaction
            raise

    def _engine(self) -> translate_error:
        """A context in which DuckDB's errors become the server's."""
        return translate_error(lambda: [relation.error for relation in self._scored.values()])

    def _execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a statement of DuckDB's; gives the number of rows that it changed."""
        with self._engine():
            rows = self.connection.execute(sql, dict(parameters) if parameters else None).fetchall()
        return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else -1

    def _alive(self) -> duckdb.DuckDBPyConnection:
        """A connection that answers: in a doomed transaction DuckDB takes no query, but T-SQL goes on to ask."""
        return self.connection.cursor() if self.doomed else self.connection

    def _release(self) -> None:
        """Let go of what the last statement left open: DuckDB runs one query at a time on a connection."""
        if self._reader_open is not None:
            self._reader_open.close()
            self._reader_open = None
        for name in self._scored:
            self.connection.unregister(name)
        self._scored.clear()

    # --- Queries ---

    def _run_query(self, statement: st.Query) -> Iterator[Result]:
        into = statement.query.args.get("into")
        if into is not None:
            name = table_name(into.this)
            yield Result(count=self._create_as(name, statement.query, st.TableOptions(distribution="ROUND_ROBIN")))
            return
        translator = Translator(self)
        sql, columns = translator.query(statement.query)
        parameters = dict(translator.parameters.values) or None

        def read(rows: int) -> pa.RecordBatchReader:
            with self._engine():
                self._reader_open = self.connection.sql(sql, params=parameters).to_arrow_reader(rows)
            return self._reader_open

        yield Result(columns, read)

    def scalar(self, node: exp.Expr, kind: SqlType | None = None) -> tuple[object, SqlType]:
        """The value of an expression, cast to a type if one is given."""
        translator = Translator(self)
        typed = translator.expressions.value(node, Scope())
        return self._value_of(typed, kind, translator.parameters)

    def _value_of(self, typed: Typed, kind: SqlType | None, parameters: Parameters) -> tuple[object, SqlType]:
        wanted = kind or typed.type or INT
        with self._engine():
            sql = f"SELECT {as_type(typed, wanted)}"
            rows = self._alive().execute(sql, parameters.values or None).fetchall()
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
        frame = self._frames[-1]
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
        error = self._frames[-1].caught
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
        registered = f"predict_{len(self._scored)}"
        self.connection.register(registered, relation)
        self._scored[registered] = relation
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
            with self._engine():
                table = self.connection.sql(sql, params=parameters or None).to_arrow_table()
            return table.to_reader, {f.name: f for f in table.schema}
        with self._engine():
            empty = self.connection.sql(f"SELECT * FROM ({sql}) LIMIT 0", params=parameters or None)
            fields = {f.name: f for f in empty.to_arrow_table().schema}

        def read() -> pa.RecordBatchReader:
            return _read_apart(self.connection, sql, parameters)

        return read, fields

    # --- Control flow ---

    def _run_block(self, statement: st.Block) -> Iterator[Result]:
        return self._run_all(statement.body)

    def _run_if(self, statement: st.If) -> Iterator[Result]:
        translator = Translator(self)
        condition = translator.expressions.condition(statement.condition, Scope())
        with self._engine():
            rows = self._alive().execute(f"SELECT {condition}", translator.parameters.values or None).fetchall()
        # What is unknown is not true.
        chosen = statement.then if rows[0][0] else statement.otherwise
        return self._run(chosen) if chosen is not None else iter(())

    def _run_try(self, statement: st.Try) -> Iterator[Result]:
        frame = self._frames[-1]
        depth = len(self._frames)
        try:
            yield from self._run_all(statement.body)
        except DatabaseError as error:
            del self._frames[depth:]
            before, frame.caught = frame.caught, error
            try:
                yield from self._run_all(statement.handler)
            finally:
                frame.caught = before

    def _run_throw(self, statement: st.Throw) -> Iterator[Result]:
        if statement.number is None or statement.message is None or statement.state is None:
            caught = self._frames[-1].caught
            if caught is None:
                raise ProgrammingError(
                    "To rethrow an error, a THROW statement must be used inside a CATCH block.", 10704
                )
            raise caught
        number, message, state = (
            self.scalar(part)[0] for part in (statement.number, statement.message, statement.state)
        )
        if not isinstance(number, int) or number < 50_000 or 100_000 <= number <= 150_000:
            raise ProgrammingError(
                f"Error number {number} in the THROW statement is outside of what a dedicated SQL pool takes: 50000 and "
                "above, without 100000 to 150000.",
                35100,
            )
        raise ProgrammingError(str(message), number, 16, int(str(state)))

    def _run_print(self, statement: st.Print) -> None:
        self.messages.append(str(self.scalar(statement.value, NVARCHAR)[0] or ""))

    def _run_setting(self, statement: st.Setting) -> None:
        """NOCOUNT and its kin change nothing that the emulator shows."""

    def _run_begin(self, _statement: st.Begin) -> None:
        self.begin()

    def _run_commit(self, _statement: st.Commit) -> None:
        self.end(commit=True)

    def _run_rollback(self, _statement: st.Rollback) -> None:
        self.end(commit=False)

    def _run_declare(self, statement: st.Declare) -> None:
        variables = self._frames[-1].variables
        for name, kind, value in statement.variables:
            if name in variables:
                raise ProgrammingError(f"The variable name '{name}' has already been declared.", 134, 15)
            variables[name] = (None, kind) if value is None else self.scalar(value, kind)

    def _run_setvariable(self, statement: st.SetVariable) -> None:
        _, kind = self.variable(statement.name)
        self._frames[-1].variables[statement.name] = self.scalar(statement.value, kind)

    def _run_executetext(self, statement: st.ExecuteText) -> Iterator[Result]:
        code, _ = self.scalar(statement.code, SqlType("nvarchar", MAX))
        statements = parse_batch(str(code or ""))
        _need_alone(statements)
        yield from self._run_within(_Frame(), statements)

    def _run_executeprocedure(self, statement: st.ExecuteProcedure) -> Iterator[Result]:
        entry = self.catalog.find(statement.name)
        if entry is None or entry.kind != "PROCEDURE":
            raise ProgrammingError(f"Could not find stored procedure '{statement.name}'.", 2812, 16, 62)
        wanted = parameter_types(entry)
        given: dict[str, tuple[object, SqlType]] = {}
        for place, (name, value) in enumerate(statement.arguments):
            kind = dict(wanted).get(name) if name else (wanted[place][1] if place < len(wanted) else None)
            if kind is None:
                raise ProgrammingError(f"{name or place + 1} is not a parameter for procedure {statement.name}.", 8145)
            given[name or wanted[place][0]] = self.scalar(value, kind)
        for name, _ in wanted:
            if name not in given:
                raise ProgrammingError(
                    f"Procedure or function '{statement.name}' expects parameter '{name}', which was not supplied.", 201
                )
        yield from self._run_within(_Frame(given), parse_batch(entry.definition))

    def _run_within(self, frame: _Frame, statements: Sequence[st.Statement]) -> Iterator[Result]:
        if len(self._frames) > _NESTED:
            raise ProgrammingError(f"Maximum stored procedure nesting level exceeded (limit {_NESTED}).", 217)
        self._frames.append(frame)
        depth = len(self._frames)
        yield from self._run_all(statements)
        del self._frames[depth - 1 :]

    # --- Objects ---

    def _refuse_in_transaction(self, what: str) -> None:
        if self.in_transaction:
            raise ProgrammingError(f"{what} statement not allowed within multi-statement transaction.", 226, 16, 6)

    def _run_createschema(self, statement: st.CreateSchema) -> None:
        self._refuse_in_transaction("CREATE SCHEMA")
        with self._engine():
            self.catalog.create_schema(statement.name)

    def _run_createtable(self, statement: st.CreateTable) -> None:
        self._refuse_in_transaction("CREATE TABLE")
        self.catalog.need_free(statement.name)
        need_storable(statement.columns, statement.options)
        listed = ", ".join(
            f"{quote_name(c.name)} {c.type.duckdb}{'' if c.nullable else ' NOT NULL'}" for c in statement.columns
        )
        self._create(statement.name, f"({listed})", statement.columns)

    def _run_createtableas(self, statement: st.CreateTableAs) -> Iterator[Result]:
        if not statement.options.distribution:
            raise ProgrammingError("CREATE TABLE AS SELECT needs a DISTRIBUTION option.", 103010)
        yield Result(count=self._create_as(statement.name, statement.query, statement.options))

    def _create_as(self, name: ObjectName, query: exp.Expr, options: st.TableOptions) -> int:
        self._refuse_in_transaction("CREATE TABLE")
        self.catalog.need_free(name)
        translator = Translator(self)
        sql, columns = translator.query(query)
        need_storable(columns, options)
        listed = ", ".join(f"c{index} AS {quote_name(column.name)}" for index, column in enumerate(columns))
        text = f"AS SELECT {listed} FROM ({sql})"
        return self._create(name, text, columns, translator.parameters.values)

    def _create(
        self, name: ObjectName, text: str, columns: tuple[SqlColumn, ...], parameters: Mapping[str, Any] | None = None
    ) -> int:
        """The table and its entry in the catalog, both or none."""
        if name.is_temporary:
            self._execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(self.catalog.temporary)}")
        with self._both():
            count = self._execute(f"CREATE TABLE {self.catalog.quoted(name)} {text}", parameters)
            self.catalog.add(name, "TABLE", columns)
        return count

    def _both(self) -> translate_error:
        """A short transaction of the emulator's own, around a change and its entry in the catalog."""
        return translate_error(lambda: [relation.error for relation in self._scored.values()], self.connection)

    def _run_createview(self, statement: st.CreateView) -> None:
        self._refuse_in_transaction("CREATE VIEW")
        self.catalog.need_free(statement.name)
        _, columns = Translator(self).query(statement.query)
        if statement.columns and len(statement.columns) != len(columns):
            raise ProgrammingError(f"There are {len(statement.columns)} names for {len(columns)} columns.", 8158)
        names = statement.columns or tuple(column.name for column in columns)
        need_storable(tuple(SqlColumn(n, c.type) for n, c in zip(names, columns, strict=True)), None)
        told = tuple(SqlColumn(n, c.type, c.nullable) for n, c in zip(names, columns, strict=True))
        with self._both():
            self.catalog.add(
                statement.name, "VIEW", told, statement.definition, tuple((name, "") for name in statement.columns)
            )

    def _run_createprocedure(self, statement: st.CreateProcedure) -> None:
        self._refuse_in_transaction("CREATE PROCEDURE")
        self.catalog.need_free(statement.name)
        named = tuple((name, str(kind)) for name, kind in statement.parameters)
        with self._both():
            self.catalog.add(statement.name, "PROCEDURE", (), statement.definition, named)

    def _run_drop(self, statement: st.Drop) -> None:
        self._refuse_in_transaction(f"DROP {statement.kind}")
        if statement.kind == "SCHEMA":
            with self._engine():
                self.connection.execute(f"DROP SCHEMA {quote_name(statement.names[0].schema)}")
            return
        for name in statement.names:
            entry = self.catalog.find(name)
            if entry is None or entry.kind != statement.kind:
                raise ProgrammingError(
                    f"Cannot drop the {statement.kind.lower()} '{name}', because it does not exist or you do not have "
                    "permission.",
                    3701,
                    11,
                    5,
                )
            with self._both():
                if entry.kind == "TABLE":
                    self._execute(f"DROP TABLE {self.catalog.quoted(entry.name)}")
                self.catalog.remove(name)

    def _run_rename(self, statement: st.Rename) -> None:
        self._refuse_in_transaction("RENAME OBJECT")
        entry = self.catalog.find(statement.old)
        if entry is None:
            raise ProgrammingError(f"Invalid object name '{statement.old}'.", 208)
        new = ObjectName(statement.old.schema, statement.new)
        self.catalog.need_free(new)
        columns = self.catalog.columns(statement.old)
        with self._both():
            if entry.kind == "TABLE":
                old = self.catalog.quoted(statement.old)
                self._execute(f"ALTER TABLE {old} RENAME TO {quote_name(statement.new)}")
            self.catalog.remove(statement.old)
            self.catalog.add(new, entry.kind, columns, entry.definition, entry.columns)

    # --- Rows ---

    def _table(self, name: ObjectName) -> tuple[SqlColumn, ...]:
        entry = self.catalog.find(name)
        if entry is None or entry.kind == "PROCEDURE":
            raise ProgrammingError(f"Invalid object name '{name}'.", 208)
        if entry.kind == "VIEW":
            raise NotSupportedError("Views cannot be written to in a dedicated SQL pool.", 104)
        return self.catalog.columns(name)

    def _run_insert(self, statement: st.Insert) -> Iterator[Result]:
        chosen = insert_columns(self._table(statement.name), statement.columns)
        if statement.query.args.get("with_") is not None:
            # An older page of the pool's docs limits CTEs to SELECT.
            raise NotSupportedError("A CTE in INSERT is not supported in a dedicated SQL pool.", 104)
        translator = Translator(self)
        sql, columns = translator.query(statement.query)
        if len(columns) != len(chosen):
            more = "more" if len(columns) > len(chosen) else "fewer"
            raise ProgrammingError(f"There are {more} values than columns in the INSERT statement.", 213)
        values = ", ".join(
            convert(Typed(f"c{index}", column.type), wanted)
            for index, (column, wanted) in enumerate(zip(columns, chosen, strict=True))
        )
        names = ", ".join(quote_name(column.name) for column in chosen)
        text = f"INSERT INTO {self.catalog.quoted(statement.name)} ({names}) SELECT {values} FROM ({sql})"
        yield Result(count=self._execute(text, translator.parameters.values))

    def _run_update(self, statement: st.Update) -> Iterator[Result]:
        columns = self._table(statement.name)
        translator = Translator(self)
        scope = Scope((_table_source(statement.name, columns),))
        changed = insert_columns(columns, tuple(name for name, _ in statement.values))
        values = ", ".join(
            f"{quote_name(column.name)} = {convert(translator.expressions.value(value, scope), column)}"
            for column, (_, value) in zip(changed, statement.values, strict=True)
        )
        where = f" WHERE {translator.expressions.condition(statement.where, scope)}" if statement.where else ""
        text = f"UPDATE {self.catalog.quoted(statement.name)} SET {values}{where}"
        yield Result(count=self._execute(text, translator.parameters.values))

    def _run_delete(self, statement: st.Delete) -> Iterator[Result]:
        columns = self._table(statement.name)
        translator = Translator(self)
        scope = Scope((_table_source(statement.name, columns),))
        where = f" WHERE {translator.expressions.condition(statement.where, scope)}" if statement.where else ""
        text = f"DELETE FROM {self.catalog.quoted(statement.name)}{where}"
        yield Result(count=self._execute(text, translator.parameters.values))

    def _run_truncate(self, statement: st.Truncate) -> None:
        self._refuse_in_transaction("TRUNCATE TABLE")
        self._table(statement.name)
        self._execute(f"DELETE FROM {self.catalog.quoted(statement.name)}")


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


def _need_alone(statements: Sequence[st.Statement]) -> None:
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


def _table_source(name: ObjectName, columns: tuple[SqlColumn, ...]) -> Any:
    """A table's own columns, for UPDATE and DELETE."""
    relation = Relation("", tuple((column.name, column) for column in columns))
    source = relation.source(name.name, "")
    plain = {
        key: (written, Typed(typed.sql.removeprefix("."), typed.type))
        for key, (written, typed) in source.columns.items()
    }
    return type(source)(name.name, plain)


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
