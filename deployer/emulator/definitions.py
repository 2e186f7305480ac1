"""Statements that make, drop and rename schemas, tables, views and procedures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping

from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError
from deployer.emulator.permissions import Permissions
from deployer.emulator.syntax import ObjectName
from deployer.emulator.types import SqlColumn


class Definitions(Permissions):
    """Reads each of them from behind its first word."""

    @abstractmethod
    def _statements(self, ends: tuple[str, ...]) -> list[st.Statement]:
        """Statements up to one of the words, or to the end of the batch."""

    def _read_rename(self) -> st.Statement:
        self._need("OBJECT")
        if self._curr and self._curr.text == "::":
            self._advance()
        old = self._name()
        self._need("TO")
        return st.Rename(old, self._identifier())

    def _read_drop(self) -> st.Statement:
        kind = self._text
        if kind in {"ROLE", "USER", "LOGIN"}:
            self._advance()
            return st.DropPrincipal(kind, self._identifier())
        if kind not in {"TABLE", "VIEW", "PROCEDURE", "PROC", "SCHEMA"}:
            raise NotSupportedError(f"The emulator does not know DROP {kind}.")
        self._advance()
        if self._word("IF", "EXISTS"):
            # Not in the grammar of the dedicated pool: learn.microsoft.com, DROP TABLE and DROP VIEW for Synapse.
            raise NotSupportedError(f"DROP {kind} IF EXISTS is not supported in a dedicated SQL pool.", 104)
        if kind == "SCHEMA":
            return st.Drop("SCHEMA", (ObjectName(self._identifier(), ""),))
        names = [self._name()]
        while self._match(TokenType.COMMA):
            names.append(self._name())
        return st.Drop("PROCEDURE" if kind == "PROC" else kind, tuple(names))

    def _read_create(self) -> st.Statement:
        if self._word("OR", "ALTER"):
            raise NotSupportedError("CREATE OR ALTER is not supported in a dedicated SQL pool.", 104)
        kind = self._text
        readers: Mapping[str, Callable[[], st.Statement]] = {
            "SCHEMA": self._create_schema,
            "TABLE": self._create_table,
            "VIEW": self._create_view,
            "PROCEDURE": self._create_procedure,
            "PROC": self._create_procedure,
            "ROLE": self._create_role,
            "USER": self._create_user,
            "LOGIN": self._create_login,
        }
        if kind not in readers:
            raise NotSupportedError(f"The emulator does not know CREATE {kind}.")
        self._advance()
        return readers[kind]()

    def _read_alter(self) -> st.Statement:
        kind = self._text
        readers: Mapping[str, Callable[[], st.Statement]] = {"ROLE": self._alter_role}
        if kind not in readers:
            raise NotSupportedError(f"The emulator does not know ALTER {kind}.")
        self._advance()
        return readers[kind]()

    def _create_schema(self) -> st.Statement:
        name = self._identifier()
        if self._word("AUTHORIZATION"):
            self._identifier()
        return st.CreateSchema(name)

    def _create_view(self) -> st.Statement:
        name = self._name()
        columns = self._identifiers() if self._match(TokenType.L_PAREN) else ()
        self._need("AS")
        query = self._query()
        return st.CreateView(name, columns, self.sql, query)

    def _create_procedure(self) -> st.Statement:
        name = self._name()
        wrapped = self._match(TokenType.L_PAREN)
        parameters = self._parameters()
        if wrapped:
            self._match_r_paren()
        self._need("AS")
        # The rest of the batch is the body, whatever it holds.
        body = self._statements(())
        if not body:
            self._refuse()
        return st.CreateProcedure(name, parameters, self.sql, tuple(body))

    def _parameters(self) -> tuple[st.Parameter, ...]:
        """`@name type [OUTPUT], …`"""
        parameters = []
        while self._curr and self._curr.token_type == TokenType.PARAMETER:
            name = self._variable()
            self._word("AS")
            kind = self._type()
            if self._match(TokenType.EQ):
                raise NotSupportedError("Default values of parameters are not supported in a dedicated SQL pool.", 104)
            parameters.append(st.Parameter(name, kind, self._word("OUTPUT") or self._word("OUT")))
            if not self._match(TokenType.COMMA):
                break
        return tuple(parameters)

    def _create_table(self) -> st.Statement:
        name = self._name()
        if not self._match(TokenType.L_PAREN):
            options = self._table_options()
            self._need("AS")
            return st.CreateTableAs(name, options, self._query())
        columns: list[SqlColumn] = []
        while True:
            if not self._table_constraint():
                columns.append(self._column())
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        options = self._table_options() if self._text == "WITH" else st.TableOptions()
        if self._text == "AS":
            self._refuse()
        return st.CreateTable(name, tuple(columns), options)

    def _table_constraint(self) -> bool:
        if self._word("CONSTRAINT"):
            self._identifier()
            return self._constraint() or self._refuse() is None
        return self._constraint()

    def _table_options(self) -> st.TableOptions:
        self._need("WITH")
        if not self._match(TokenType.L_PAREN):
            self._refuse()
        index, distribution = "CLUSTERED COLUMNSTORE INDEX", ""
        index_columns: tuple[str, ...] = ()
        hash_columns: tuple[str, ...] = ()
        while True:
            if self._word("HEAP"):
                index = "HEAP"
            elif self._word("CLUSTERED", "COLUMNSTORE", "INDEX"):
                index = "CLUSTERED COLUMNSTORE INDEX"
                if self._word("ORDER") and self._match(TokenType.L_PAREN):
                    index_columns = self._identifiers()
            elif self._word("CLUSTERED", "INDEX"):
                index = "CLUSTERED INDEX"
                self._match(TokenType.L_PAREN) or self._refuse()
                index_columns = self._identifiers()
            elif self._word("DISTRIBUTION"):
                self._match(TokenType.EQ) or self._refuse()
                distribution = self._text
                if self._word("HASH"):
                    self._match(TokenType.L_PAREN) or self._refuse()
                    hash_columns = self._identifiers()
                elif not (self._word("ROUND_ROBIN") or self._word("REPLICATE")):
                    self._refuse()
            else:
                raise NotSupportedError(f"The emulator does not know the table option {self._text}.")
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        return st.TableOptions(index, index_columns, distribution, hash_columns)
