"""T-SQL as the dedicated pool reads it: a batch becomes statements; queries within are sqlglot's trees.

sqlglot's T-SQL parser is extended, not replaced: it reads expressions and queries, this module the statements around
them, PREDICT, and the types, which sqlglot would rename. Functions keep the names they are written with, so that
nothing passes that `functions` does not list.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import SqlglotError
from sqlglot.parsers.tsql import TSQLParser
from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.definitions import Definitions
from deployer.emulator.errors import NotSupportedError, ProgrammingError


class Parser(Definitions):
    """Reads a whole batch at once: blocks hold semicolons, so the batch cannot be cut at them first."""

    def read_batch(self, sql: str) -> tuple[st.Statement, ...]:
        tokens = self.dialect.tokenize(sql)
        self.reset()
        marks = (token.start for token in tokens if token.token_type == TokenType.PLACEHOLDER)
        self.markers = {start: number for number, start in enumerate(marks)}
        self.sql = sql
        self._chunks = [tokens]
        self._chunk_index = 0
        self._advance_chunk()
        return tuple(self._statements(()))

    # --- Statements ---

    def _statements(self, ends: tuple[str, ...]) -> list[st.Statement]:
        found: list[st.Statement] = []
        while self._curr and self._text not in ends:
            if self._match(TokenType.SEMICOLON):
                continue
            if found and self._text in {"WITH", "THROW"} and self._prev.token_type != TokenType.SEMICOLON:
                number, what = (319, "the keyword 'with'") if self._text == "WITH" else (102, "'THROW'")
                raise ProgrammingError(
                    f"Incorrect syntax near {what}: the statement before it must end with a semicolon.", number, 15
                )
            found.append(self._one())
        return found

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
            if len(words) == 2 and words[1] in _SETTINGS.get(words[0], ()):
                return st.Setting(words[0], words[1] == "ON")
            raise NotSupportedError(f"The emulator does not know SET {' '.join(words)}.")
        name = self._variable()
        self._need_plain_assignment("SET")
        return st.SetVariable(name, self._value())

    def _need_plain_assignment(self, where: str) -> None:
        if self._next and self._next.token_type == TokenType.EQ and self._curr.text in tuple("+-*/%&|^"):
            raise NotSupportedError(f"The emulator does not know {self._curr.text}= in {where}.")
        self._match(TokenType.EQ) or self._refuse()

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
        if self._curr and self._curr.token_type == TokenType.PARAMETER:
            raise NotSupportedError("The emulator does not know the return value of EXEC.")
        name = self._name()
        arguments: list[tuple[str, exp.Expr]] = []
        while self._curr and self._curr.token_type in _BEGINS_ARGUMENT:
            parameter = ""
            after_name = self._tokens[self._index + 2 : self._index + 3]
            if self._curr.token_type == TokenType.PARAMETER and [t.token_type for t in after_name] == [TokenType.EQ]:
                parameter = self._variable()
                self._advance()
            arguments.append((parameter, self._value()))
            if self._text in {"OUT", "OUTPUT"}:
                raise NotSupportedError("The emulator does not know OUTPUT parameters.")
            if not self._match(TokenType.COMMA):
                break
        return st.ExecuteProcedure(name, tuple(arguments))

    _read_execute = _read_exec

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
            if self._text == "DEFAULT":
                raise NotSupportedError("The emulator does not know DEFAULT in VALUES.")
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
            self._need_plain_assignment("UPDATE")
            values.append((column, self._value()))
            if not self._match(TokenType.COMMA):
                break
        self._refuse_output()
        if self._text == "FROM":
            raise NotSupportedError("The emulator does not know UPDATE … FROM.")
        where = self._condition() if self._word("WHERE") else None
        self._option()
        return st.Update(name, tuple(values), where)

    def _option(self) -> None:
        """OPTION (LABEL = '…'), which names a request for the one who watches the pool."""
        if self._word("OPTION"):
            self._match(TokenType.L_PAREN) or self._refuse()
            self._need("LABEL")
            self._match(TokenType.EQ) or self._refuse()
            self._match_set((TokenType.STRING, TokenType.NATIONAL_STRING)) or self._refuse()
            self._match_r_paren()

    def _read_delete(self) -> st.Statement:
        self._word("FROM")
        name = self._name()
        self._refuse_output()
        if self._text in {"FROM", "JOIN"}:
            raise NotSupportedError("The emulator does not know DELETE with a join.")
        where = self._condition() if self._word("WHERE") else None
        self._option()
        return st.Delete(name, where)


_SETTINGS = {
    "NOCOUNT": ("ON", "OFF"),
    **dict.fromkeys(["XACT_ABORT", "ANSI_NULLS", "QUOTED_IDENTIFIER", "ANSI_WARNINGS", "ANSI_PADDING"], ("ON",)),
}
"""Settings that the emulator is always in."""

_BEGINS_ARGUMENT = frozenset(
    [
        TokenType.PARAMETER,
        TokenType.PLACEHOLDER,
        TokenType.STRING,
        TokenType.NATIONAL_STRING,
        TokenType.HEX_STRING,
        TokenType.NUMBER,
        TokenType.DASH,
        TokenType.NULL,
    ]
)
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
            word: kind
            for word, kind in TSQL.Tokenizer.KEYWORDS.items()
            if word not in {"PRIMARY KEY", "FOR VERSION", "CLUSTERED INDEX", "NONCLUSTERED INDEX"}
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


def count_marks(sql: str) -> int:
    """How many `?` stand in a batch that was parsed, outside of text, names and comments."""
    return sum(token.token_type == TokenType.PLACEHOLDER for token in Synapse().tokenize(sql))
