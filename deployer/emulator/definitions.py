"""Statements that make, drop and rename schemas, tables, views and procedures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping

from sqlglot.tokenizer_core import TokenType

from deployer.emulator import ddl
from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError
from deployer.emulator.permissions import Permissions
from deployer.emulator.syntax import ObjectName
from deployer.emulator.tables import Tables


class Definitions(Permissions, Tables):
    """Reads each of them from behind its first word."""

    @abstractmethod
    def _statements(self, ends: tuple[str, ...]) -> list[st.Statement]:
        """Statements up to one of the words, or to the end of the batch."""

    def _read_rename(self) -> st.Statement:
        self._need("OBJECT")
        self._colons()
        old = self._name()
        self._need("TO")
        return ddl.Rename(old, self._identifier())

    def _drop_objects(self) -> st.Statement:
        kind = self._prev.text.upper()
        if self._word("IF", "EXISTS"):
            # Not in the grammar of the dedicated pool: learn.microsoft.com, DROP TABLE and DROP VIEW for Synapse.
            raise NotSupportedError(f"DROP {kind} IF EXISTS is not supported in a dedicated SQL pool.", 104)
        if kind == "SCHEMA":
            return ddl.Drop("SCHEMA", (ObjectName(self._identifier(), ""),))
        names = [self._name()]
        while self._match(TokenType.COMMA):
            names.append(self._name())
        return ddl.Drop("PROCEDURE" if kind == "PROC" else kind, tuple(names))

    def _read_create(self) -> st.Statement:
        if self._word("OR", "ALTER"):
            raise NotSupportedError("CREATE OR ALTER is not supported in a dedicated SQL pool.", 104)
        return self._dispatch(
            "CREATE",
            {
                "SCHEMA": self._create_schema,
                "TABLE": self._create_table,
                "VIEW": self._create_view,
                "PROCEDURE": self._create_procedure,
                "PROC": self._create_procedure,
                "INDEX": self._create_index,
                "CLUSTERED": self._create_index,
                "NONCLUSTERED": self._create_index,
                "STATISTICS": self._create_statistics,
                "ROLE": self._create_role,
                "USER": self._create_user,
                "LOGIN": self._create_login,
            },
        )

    def _read_alter(self) -> st.Statement:
        return self._dispatch(
            "ALTER",
            {
                "TABLE": self._alter_table,
                "VIEW": lambda: self._create_view(replaces=True),
                "PROCEDURE": lambda: self._create_procedure(replaces=True),
                "PROC": lambda: self._create_procedure(replaces=True),
                "INDEX": self._alter_index,
                "SCHEMA": self._alter_schema,
                "ROLE": self._alter_role,
            },
        )

    def _read_drop(self) -> st.Statement:
        return self._dispatch(
            "DROP",
            {
                **dict.fromkeys(["TABLE", "VIEW", "PROCEDURE", "PROC", "SCHEMA"], self._drop_objects),
                "INDEX": self._drop_index,
                "STATISTICS": self._drop_statistics,
                **dict.fromkeys(["ROLE", "USER", "LOGIN"], self._drop_principal),
            },
        )

    def _dispatch(self, verb: str, readers: Mapping[str, Callable[[], st.Statement]]) -> st.Statement:
        """Read what the next word names."""
        kind = self._text
        if kind == "UNIQUE":
            raise NotSupportedError("Unique indexes are not supported in a dedicated SQL pool.", 104)
        if kind not in readers:
            raise NotSupportedError(f"The emulator does not know {verb} {kind}.")
        self._advance()
        return readers[kind]()

    def _create_schema(self) -> st.Statement:
        name = self._identifier()
        if self._word("AUTHORIZATION"):
            self._identifier()
        return ddl.CreateSchema(name)

    def _create_view(self, replaces: bool = False) -> st.Statement:
        start = self._tokens[self._index - 2]
        name = self._name()
        columns = self._identifiers() if self._match(TokenType.L_PAREN) else ()
        self._refuse_options("view")
        self._need("AS")
        query = self._query()
        return ddl.CreateView(name, columns, self._text_of_create(start.start, replaces), query, replaces)

    def _text_of_create(self, start: int, replaces: bool) -> str:
        """The batch, with CREATE where it says ALTER: what the database keeps of a view or procedure."""
        return f"{self.sql[:start]}CREATE{self.sql[start + len('ALTER') :]}" if replaces else self.sql

    def _create_procedure(self, replaces: bool = False) -> st.Statement:
        start = self._tokens[self._index - 2]
        name = self._name()
        wrapped = self._match(TokenType.L_PAREN)
        parameters = self._parameters()
        if wrapped:
            self._match_r_paren()
        self._refuse_options("procedure")
        self._need("AS")
        # The rest of the batch is the body, whatever it holds.
        body = self._statements(())
        if not body:
            self._refuse()
        definition = self._text_of_create(start.start, replaces)
        return ddl.CreateProcedure(name, parameters, definition, tuple(body), replaces)

    def _refuse_options(self, kind: str) -> None:
        if self._word("WITH"):
            # learn.microsoft.com, CREATE VIEW and CREATE PROCEDURE: the grammars for Synapse have none.
            raise NotSupportedError(f"A {kind} WITH {self._text} is not supported in a dedicated SQL pool.", 104)

    def _parameters(self) -> tuple[ddl.Parameter, ...]:
        """`@name type [OUTPUT], …`"""
        parameters = []
        while self._curr and self._curr.token_type == TokenType.PARAMETER:
            name = self._variable()
            self._word("AS")
            kind = self._type()
            if self._match(TokenType.EQ):
                raise NotSupportedError("Default values of parameters are not supported in a dedicated SQL pool.", 104)
            parameters.append(ddl.Parameter(name, kind, self._word("OUTPUT") or self._word("OUT")))
            if not self._match(TokenType.COMMA):
                break
        return tuple(parameters)

    def _create_table(self) -> st.Statement:
        name = self._name()
        if not self._match(TokenType.L_PAREN):
            options = self._table_options()
            self._need("AS")
            return ddl.CreateTableAs(name, options, self._query())
        columns: list[ddl.ColumnDefinition] = []
        keys: list[ddl.Key] = []
        while True:
            found = self._constraint()
            if isinstance(found, ddl.Default):
                self._refuse()
            elif found is not None:
                keys.append(found)
            else:
                column, beside = self._column_definition()
                columns.append(column)
                keys += beside
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        options = self._table_options() if self._text == "WITH" else ddl.TableOptions()
        if self._text == "AS":
            self._refuse()
        return ddl.CreateTable(name, tuple(columns), tuple(keys), options)

    def _alter_table(self) -> st.Statement:
        name = self._name()
        if self._word("ADD"):
            return self._add(name)
        if self._word("ALTER", "COLUMN"):
            column, keys = self._column_definition()
            if keys or column.default is not None or column.identity is not None:
                self._refuse()
            return ddl.AlterColumn(name, column.column)
        if self._word("DROP"):
            columns = self._word("COLUMN")
            if not columns:
                self._word("CONSTRAINT")
            names = [self._identifier()]
            while self._match(TokenType.COMMA):
                names.append(self._identifier())
            return ddl.DropColumns(name, tuple(names)) if columns else ddl.DropConstraints(name, tuple(names))
        if self._word("REBUILD"):
            return ddl.TouchIndex("", name)
        raise NotSupportedError(f"The emulator does not know ALTER TABLE … {self._text}.")

    def _add(self, name: ObjectName) -> st.Statement:
        """Columns, or one constraint."""
        found = self._constraint()
        if isinstance(found, ddl.Key):
            return ddl.AddKey(name, found)
        if found is not None:
            self._need("FOR")
            return ddl.AddDefault(name, self._identifier(), found)
        columns = []
        while True:
            column, keys = self._column_definition()
            if keys:
                raise NotSupportedError("The emulator does not know a key beside a column that is added; add it apart.")
            if column.identity is not None:
                # learn.microsoft.com, ALTER TABLE: the column of the grammar for Synapse has none.
                raise NotSupportedError("A new column cannot have IDENTITY in a dedicated SQL pool.", 104)
            columns.append(column)
            if not self._match(TokenType.COMMA):
                return ddl.AddColumns(name, tuple(columns))

    def _colons(self) -> None:
        if self._curr and self._curr.text == "::":
            self._advance()

    def _alter_schema(self) -> st.Statement:
        schema = self._identifier()
        self._need("TRANSFER")
        if self._word("OBJECT"):
            self._colons()
        return ddl.Transfer(self._name(), schema)
