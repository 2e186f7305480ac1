"""T-SQL as the dedicated pool reads it: a batch becomes statements; queries within are sqlglot's trees.

sqlglot's T-SQL parser is extended, not replaced: it reads expressions and queries, this module the statements around
them, PREDICT, and the types, which sqlglot would rename. Functions keep the names they are written with, so that
nothing passes that `functions` does not list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import SqlglotError
from sqlglot.parsers.tsql import TSQLParser
from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.types import MAX, SqlColumn, SqlType, make_type


class Cast(exp.Expression):
    """CAST, CONVERT and their TRY_ forms. `to` is a `SqlType`, `style` a number."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "to": True, "safe": False, "style": False}


class Predict(exp.Expression):
    """PREDICT as a table. `columns` is a tuple of `SqlColumn`, `data_alias` and `alias` are text or None."""

    arg_types: ClassVar[dict[str, bool]] = {
        "model": True,
        "data": True,
        "data_alias": False,
        "columns": True,
        "alias": False,
    }


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A table, view or procedure; `#name` is a temporary one."""

    schema: str
    name: str

    @property
    def is_temporary(self) -> bool:
        return self.name.startswith("#")

    def __str__(self) -> str:
        return self.name if self.is_temporary else f"{self.schema}.{self.name}"


class Parser(TSQLParser):
    """Reads a whole batch at once: blocks hold semicolons, so the batch cannot be cut at them first."""

    # END closes a block, and is no name of a column: `SELECT 1 END`.
    ALIAS_TOKENS: ClassVar[set[TokenType]] = TSQLParser.ALIAS_TOKENS - {TokenType.END}
    ID_VAR_TOKENS: ClassVar[set[TokenType]] = TSQLParser.ID_VAR_TOKENS - {TokenType.END}
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        "CAST": lambda self: self._cast(safe=False),
        "TRY_CAST": lambda self: self._cast(safe=True),
        "CONVERT": lambda self: self._convert(safe=False),
        "TRY_CONVERT": lambda self: self._convert(safe=True),
    }

    def read_batch(self, sql: str) -> tuple[st.Statement, ...]:
        tokens = self.dialect.tokenize(sql)
        self.reset()
        self.sql = sql
        self._chunks = [tokens]
        self._chunk_index = 0
        self._advance_chunk()
        return tuple(self._statements(()))

    # --- Statements ---

    def _statements(self, ends: tuple[str, ...]) -> list[st.Statement]:
        found = []
        while self._curr and self._text not in ends:
            if self._match(TokenType.SEMICOLON):
                continue
            found.append(self._one())
        return found

    @property
    def _text(self) -> str:
        """The word that comes next, in capitals; a quoted one is none."""
        token = self._curr
        if not token or token.token_type in {TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.IDENTIFIER}:
            return ""
        return str(token.text).upper()

    def _word(self, *words: str) -> bool:
        """Match words in a row, quoted ones not."""
        index = self._index
        for word in words:
            if self._text != word:
                self._retreat(index)
                return False
            self._advance()
        return True

    def _need(self, *words: str) -> None:
        for word in words:
            if not self._word(word):
                self._refuse()

    def _refuse(self) -> NoReturn:
        near = self._curr.text if self._curr else "the end"
        raise ProgrammingError(f"Incorrect syntax near '{near}'.", 102, 15)

    def _one(self) -> st.Statement:
        start = self._curr
        word = self._text
        reader = getattr(self, f"_read_{word.lower()}", None) if word.isalpha() else None
        if reader is not None:
            self._advance()
            statement: st.Statement = reader()
        elif word in {"SELECT", "WITH", "("}:
            statement = st.Query(self._query())
        else:
            self._refuse_statement(word)
        last = self._prev
        self._match(TokenType.SEMICOLON)
        statement.text = self.sql[start.start : last.end + 1]
        return statement

    def _refuse_statement(self, word: str) -> NoReturn:
        if word in _UNKNOWN:
            raise NotSupportedError(f"{word} is not supported in a dedicated SQL pool.", 104, 16)
        if word in _NOT_YET:
            raise NotSupportedError(f"The emulator does not know the statement {word}.")
        self._refuse()

    def _query(self) -> exp.Expr:
        query = self._parse_query_modifiers(self._parse_set_operations(self._parse_select() or self._refuse()))
        if not isinstance(query, exp.Query):
            self._refuse()
        return query

    def _condition(self) -> exp.Expr:
        return self._parse_disjunction() or self._refuse()

    def _value(self) -> exp.Expr:
        return self._parse_disjunction() or self._refuse()

    def _variable(self) -> str:
        if not self._match(TokenType.PARAMETER) or not self._curr:
            self._refuse()
        self._advance()
        return f"@{self._prev.text}".lower()

    def _read_if(self) -> st.Statement:
        condition = self._condition()
        then = self._one()
        otherwise = None
        if self._word("ELSE"):
            otherwise = self._one()
        return st.If(condition, then, otherwise)

    def _read_begin(self) -> st.Statement:
        if self._word("TRY"):
            body = self._statements(("END",))
            self._need("END", "TRY")
            self._match(TokenType.SEMICOLON)
            self._need("BEGIN", "CATCH")
            handler = self._statements(("END",))
            self._need("END", "CATCH")
            return st.Try(tuple(body), tuple(handler))
        if self._word("TRAN") or self._word("TRANSACTION"):
            return st.Begin()
        body = self._statements(("END",))
        self._need("END")
        if not body:
            self._refuse()
        return st.Block(tuple(body))

    def _read_commit(self) -> st.Statement:
        self._word("TRAN") or self._word("TRANSACTION") or self._word("WORK")
        return st.Commit()

    def _read_rollback(self) -> st.Statement:
        self._word("TRAN") or self._word("TRANSACTION") or self._word("WORK")
        return st.Rollback()

    def _read_declare(self) -> st.Statement:
        found = []
        while True:
            name = self._variable()
            self._word("AS")
            if self._text in {"TABLE", "CURSOR"}:
                raise NotSupportedError(f"{self._text} variables are not supported in a dedicated SQL pool.", 104)
            kind = self._type()
            value = self._value() if self._match(TokenType.EQ) else None
            found.append((name, kind, value))
            if not self._match(TokenType.COMMA):
                return st.Declare(tuple(found))

    def _read_set(self) -> st.Statement:
        if self._curr and self._curr.token_type != TokenType.PARAMETER:
            words: list[str] = []
            while self._curr and self._curr.token_type != TokenType.SEMICOLON and len(words) < 3:
                words.append(self._text)
                self._advance()
            if len(words) == 2 and words[0] in _SETTINGS and words[1] in {"ON", "OFF"}:
                return st.Setting(words[0], words[1] == "ON")
            raise NotSupportedError(f"The emulator does not know SET {' '.join(words)}.")
        name = self._variable()
        if not self._match(TokenType.EQ):
            self._refuse()
        return st.SetVariable(name, self._value())

    def _read_print(self) -> st.Statement:
        return st.Print(self._value())

    def _read_throw(self) -> st.Statement:
        if not self._curr or self._curr.token_type == TokenType.SEMICOLON or self._text == "END":
            return st.Throw(None, None, None)
        number = self._value()
        if not self._match(TokenType.COMMA):
            self._refuse()
        message = self._value()
        if not self._match(TokenType.COMMA):
            self._refuse()
        return st.Throw(number, message, self._value())

    def _read_exec(self) -> st.Statement:
        if self._match(TokenType.L_PAREN):
            text = self._value()
            self._match_r_paren()
            return st.ExecuteText(text)
        name = self._name()
        arguments = []
        while self._curr and self._curr.token_type == TokenType.PARAMETER:
            parameter = self._variable()
            if self._match(TokenType.EQ):
                arguments.append((parameter, self._value()))
            else:
                arguments.append(("", exp.Parameter(this=exp.Var(this=parameter[1:]))))
            if not self._match(TokenType.COMMA):
                break
        else:
            if self._curr and self._curr.token_type in {TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.NUMBER}:
                while True:
                    arguments.append(("", self._value()))
                    if not self._match(TokenType.COMMA):
                        break
        return st.ExecuteProcedure(name, tuple(arguments))

    _read_execute = _read_exec

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

    def _column(self) -> SqlColumn:
        name = self._identifier()
        kind = self._type()
        nullable = True
        while self._curr and self._curr.token_type not in {TokenType.COMMA, TokenType.R_PAREN}:
            if self._word("NOT", "NULL"):
                nullable = False
            elif self._word("NULL"):
                nullable = True
            elif self._word("COLLATE"):
                self._identifier()
            elif not self._constraint():
                raise NotSupportedError(f"The emulator does not know {self._text} in the definition of a column.")
        return SqlColumn(name, kind, nullable)

    def _table_constraint(self) -> bool:
        if self._word("CONSTRAINT"):
            self._identifier()
            return self._constraint() or self._refuse() is None
        return self._constraint()

    def _constraint(self) -> bool:
        """PRIMARY KEY and UNIQUE, which the pool takes only where they are not enforced."""
        if self._word("PRIMARY", "KEY"):
            if not self._word("NONCLUSTERED"):
                raise NotSupportedError("Only PRIMARY KEY NONCLUSTERED is supported in a dedicated SQL pool.", 104)
        elif not self._word("UNIQUE"):
            return False
        self._word("NONCLUSTERED")
        if self._match(TokenType.L_PAREN):
            self._identifiers()
        if not self._word("NOT", "ENFORCED"):
            raise NotSupportedError("Enforced unique constraints are not supported in a dedicated SQL pool.", 104)
        return True

    def _table_options(self) -> st.TableOptions:
        self._need("WITH")
        if not self._match(TokenType.L_PAREN):
            self._refuse()
        index = distribution = ""
        while True:
            if self._word("HEAP"):
                index = "HEAP"
            elif self._word("CLUSTERED", "COLUMNSTORE", "INDEX"):
                index = "CLUSTERED COLUMNSTORE INDEX"
                if self._word("ORDER") and self._match(TokenType.L_PAREN):
                    self._identifiers()
            elif self._word("CLUSTERED", "INDEX"):
                index = "CLUSTERED INDEX"
                self._match(TokenType.L_PAREN) or self._refuse()
                self._identifiers()
            elif self._word("DISTRIBUTION"):
                self._match(TokenType.EQ) or self._refuse()
                distribution = self._text
                if self._word("HASH"):
                    self._match(TokenType.L_PAREN) or self._refuse()
                    self._identifiers()
                elif not (self._word("ROUND_ROBIN") or self._word("REPLICATE")):
                    self._refuse()
            else:
                raise NotSupportedError(f"The emulator does not know the table option {self._text}.")
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        return st.TableOptions(index or "CLUSTERED COLUMNSTORE INDEX", distribution)

    def _read_insert(self) -> st.Statement:
        self._word("INTO")
        name = self._name()
        columns: tuple[str, ...] = ()
        if self._match(TokenType.L_PAREN):
            columns = self._identifiers()
        self._refuse_output()
        if self._word("DEFAULT"):
            raise NotSupportedError("DEFAULT VALUES is not supported in a dedicated SQL pool.", 104)
        if self._text in {"EXEC", "EXECUTE"}:
            raise NotSupportedError("INSERT … EXEC is not supported in a dedicated SQL pool.", 104)
        if self._word("VALUES"):
            self._match(TokenType.L_PAREN) or self._refuse()
            values = self._parse_csv(self._value)
            self._match_r_paren()
            if self._match(TokenType.COMMA):
                raise NotSupportedError(
                    "INSERT … VALUES with several rows is not supported in a dedicated SQL pool.", 104
                )
            return st.Insert(name, columns, exp.Select(expressions=values))
        return st.Insert(name, columns, self._query())

    def _refuse_output(self) -> None:
        if self._text == "OUTPUT":
            raise NotSupportedError("The OUTPUT clause is not supported in a dedicated SQL pool.", 104)

    def _read_update(self) -> st.Statement:
        name = self._name()
        self._need("SET")
        values = []
        while True:
            column = self._identifier()
            self._match(TokenType.EQ) or self._refuse()
            values.append((column, self._value()))
            if not self._match(TokenType.COMMA):
                break
        self._refuse_output()
        if self._text == "FROM":
            raise NotSupportedError("The emulator does not know UPDATE … FROM.")
        where = self._condition() if self._word("WHERE") else None
        return st.Update(name, tuple(values), where)

    def _read_delete(self) -> st.Statement:
        self._word("FROM")
        name = self._name()
        self._refuse_output()
        if self._text in {"FROM", "JOIN"}:
            raise NotSupportedError("The emulator does not know DELETE with a join.")
        where = self._condition() if self._word("WHERE") else None
        return st.Delete(name, where)

    # --- Parts ---

    def _identifier(self) -> str:
        temporary = "#" if self._match(TokenType.HASH) else ""
        token = self._curr
        if not token or token.token_type in {TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.NUMBER}:
            self._refuse()
        if token.token_type != TokenType.IDENTIFIER and not str(token.text).replace("_", "a").isalnum():
            self._refuse()
        self._advance()
        return temporary + str(token.text)

    def _identifiers(self) -> tuple[str, ...]:
        """Names up to the closing parenthesis, whose opening one has been read."""
        names = [self._identifier()]
        while self._word("ASC") or self._word("DESC") or self._match(TokenType.COMMA):
            if self._prev.token_type == TokenType.COMMA:
                names.append(self._identifier())
        self._match_r_paren()
        return tuple(names)

    def _name(self) -> ObjectName:
        parts = [self._identifier()]
        while self._match(TokenType.DOT):
            parts.append(self._identifier())
        if len(parts) > 2:
            raise NotSupportedError("Cross-database names are not supported in a dedicated SQL pool.", 104)
        return ObjectName(parts[0] if len(parts) == 2 else "dbo", parts[-1])

    def _type(self, in_cast: bool = False) -> SqlType:
        name = self._identifier()
        if name.lower() == "double":
            self._need("PRECISION")
            name = "float"
        arguments = []
        if self._match(TokenType.L_PAREN):
            while True:
                if self._word("MAX"):
                    arguments.append(MAX)
                elif self._match(TokenType.NUMBER):
                    arguments.append(int(self._prev.text))
                else:
                    self._refuse()
                if not self._match(TokenType.COMMA):
                    break
            self._match_r_paren()
        return make_type(name, tuple(arguments), in_cast)

    def _cast(self, safe: bool) -> exp.Expr:
        this = self._value()
        self._need("AS")
        return Cast(this=this, to=self._type(in_cast=True), safe=safe)

    def _convert(self, safe: bool) -> exp.Expr:
        kind = self._type(in_cast=True)
        self._match(TokenType.COMMA) or self._refuse()
        this = self._value()
        style = None
        if self._match(TokenType.COMMA):
            self._match(TokenType.NUMBER) or self._refuse()
            style = int(self._prev.text)
        return Cast(this=this, to=kind, safe=safe, style=style)

    def _parse_table(self, *arguments: Any, **named: Any) -> exp.Expr | None:
        if self._text == "PREDICT" and self._next and self._next.token_type == TokenType.L_PAREN:
            self._advance(2)
            return self._predict()
        if self._text in {"OPENROWSET", "OPENQUERY", "OPENJSON"}:
            raise NotSupportedError(f"The emulator does not know {self._text}.")
        return super()._parse_table(*arguments, **named)

    def _predict(self) -> exp.Expr:
        self._need("MODEL")
        self._match(TokenType.EQ) or self._refuse()
        model = self._value()
        self._match(TokenType.COMMA) or self._refuse()
        self._need("DATA")
        self._match(TokenType.EQ) or self._refuse()
        if self._curr and self._curr.token_type == TokenType.L_PAREN:
            # DATA names an object; a derived table does not parse there.
            self._refuse()
        data = self._name()
        data_alias = self._alias()
        if self._match(TokenType.COMMA):
            self._need("RUNTIME")
            self._match(TokenType.EQ) or self._refuse()
            self._need("ONNX")
        else:
            raise ProgrammingError("PREDICT needs RUNTIME = ONNX in a dedicated SQL pool.", 102, 15)
        self._match_r_paren()
        self._need("WITH")
        self._match(TokenType.L_PAREN) or self._refuse()
        columns = [self._column()]
        while self._match(TokenType.COMMA):
            columns.append(self._column())
        self._match_r_paren()
        return Predict(model=model, data=data, data_alias=data_alias, columns=tuple(columns), alias=self._alias())

    def _alias(self) -> str | None:
        if self._word("AS"):
            return self._identifier()
        token = self._curr
        if token and token.token_type in {TokenType.VAR, TokenType.IDENTIFIER} and self._text not in _AFTER_TABLE:
            return self._identifier()
        return None


_AFTER_TABLE = frozenset(["OPTION", "CROSS", "OUTER", "APPLY", "PIVOT", "UNPIVOT", "TABLESAMPLE"])
"""Words that follow a table and are no alias, though sqlglot has no token for them."""

_SETTINGS = frozenset(["NOCOUNT", "XACT_ABORT", "ANSI_NULLS", "QUOTED_IDENTIFIER", "ANSI_WARNINGS"])
_UNKNOWN = frozenset(["WAITFOR", "USE", "GOTO", "RETURN", "OPEN", "FETCH", "CLOSE", "DEALLOCATE", "SAVE"])
"""Statements that the dedicated pool lacks (learn.microsoft.com: T-SQL language elements for dedicated SQL pool)."""

_NOT_YET = frozenset(
    [
        "MERGE",
        "WHILE",
        "ALTER",
        "GRANT",
        "REVOKE",
        "DENY",
        "RAISERROR",
        "BACKUP",
        "COPY",
        "BULK",
        "LABEL",
        "EXPLAIN",
        "DBCC",
    ]
)


class Synapse(TSQL):
    """sqlglot's T-SQL with this parser, and without its shortcuts: pairs of words as one, statements kept as text."""

    class Tokenizer(TSQL.Tokenizer):
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            word: kind for word, kind in TSQL.Tokenizer.KEYWORDS.items() if word not in {"PRIMARY KEY", "FOR VERSION"}
        }
        COMMANDS: ClassVar[set[TokenType]] = set()

    parser_class: ClassVar[type[TSQLParser]] = Parser  # type: ignore[assignment, misc]  # sqlglot's own dialects do it


def parse_batch(sql: str) -> tuple[st.Statement, ...]:
    """The statements of one batch.

    Raises `ProgrammingError` 102 for what is not T-SQL, `NotSupportedError` for what the pool lacks or the emulator
    does not know.
    """
    dialect = Synapse()
    try:
        return Parser(error_level=sqlglot.ErrorLevel.IMMEDIATE, dialect=dialect).read_batch(sql)
    except SqlglotError as error:
        details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
        place = f" (line {details[0]['line']})" if details[0].get("line") else ""
        near = details[0].get("highlight") or str(error).partition("\n")[0]
        raise ProgrammingError(f"Incorrect syntax near '{near}'{place}.", 102, 15) from error
    except RecursionError:
        raise ProgrammingError("Some part of the statement is nested too deeply.", 191, 15) from None
