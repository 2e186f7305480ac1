"""Statements that make, drop and rename schemas, tables, views and procedures."""

from __future__ import annotations

from abc import abstractmethod

from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError
from deployer.emulator.syntax import ObjectName, Syntax
from deployer.emulator.types import SqlColumn


class Definitions(Syntax):
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

    def _read_truncate(self) -> st.Statement:
        self._need("TABLE")
        return st.Truncate(self._name())

    def _read_create(self) -> st.Statement:
        if self._word("OR", "ALTER"):
            raise NotSupportedError("CREATE OR ALTER is not supported in a dedicated SQL pool.", 104)
        if self._word("SCHEMA"):
            return st.CreateSchema(self._identifier())
        if self._word("VIEW"):
            return self._create_view()
        if self._word("PROCEDURE") or self._word("PROC"):
            return self._create_procedure()
        if self._word("TABLE"):
            return self._create_table()
        raise NotSupportedError(f"The emulator does not know CREATE {self._text}.")

    def _create_view(self) -> st.Statement:
        name = self._name()
        columns = self._identifiers() if self._match(TokenType.L_PAREN) else ()
        self._need("AS")
        start = self._curr
        query = self._query()
        return st.CreateView(name, columns, self.sql[start.start : self._prev.end + 1], query)

    def _create_procedure(self) -> st.Statement:
        name = self._name()
        wrapped = self._match(TokenType.L_PAREN)
        parameters = []
        while self._curr and self._curr.token_type == TokenType.PARAMETER:
            parameter = self._variable()
            self._word("AS")
            kind = self._type()
            if self._match(TokenType.EQ):
                raise NotSupportedError("Default values of parameters are not supported in a dedicated SQL pool.", 104)
            parameters.append((parameter, kind))
            if not self._match(TokenType.COMMA):
                break
        if wrapped:
            self._match_r_paren()
        self._need("AS")
        if not self._curr:
            self._refuse()
        start = self._curr
        # The rest of the batch is the body, whatever it holds.
        body = self._statements(())
        if not body:
            self._refuse()
        return st.CreateProcedure(name, tuple(parameters), self.sql[start.start : self._tokens[-1].end + 1])

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
        index = distribution = ""
        keys: tuple[str, ...] = ()
        while True:
            if self._word("HEAP"):
                index = "HEAP"
            elif self._word("CLUSTERED", "COLUMNSTORE", "INDEX"):
                index = "CLUSTERED COLUMNSTORE INDEX"
                if self._word("ORDER") and self._match(TokenType.L_PAREN):
                    keys += self._identifiers()
            elif self._word("CLUSTERED", "INDEX"):
                index = "CLUSTERED INDEX"
                self._match(TokenType.L_PAREN) or self._refuse()
                keys += self._identifiers()
            elif self._word("DISTRIBUTION"):
                self._match(TokenType.EQ) or self._refuse()
                distribution = self._text
                if self._word("HASH"):
                    self._match(TokenType.L_PAREN) or self._refuse()
                    keys += self._identifiers()
                elif not (self._word("ROUND_ROBIN") or self._word("REPLICATE")):
                    self._refuse()
            else:
                raise NotSupportedError(f"The emulator does not know the table option {self._text}.")
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        return st.TableOptions(index or "CLUSTERED COLUMNSTORE INDEX", distribution, keys)
