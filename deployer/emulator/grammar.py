"""T-SQL as the dedicated pool reads it: a batch becomes statements; queries within are sqlglot's trees.

sqlglot's T-SQL parser is extended, not replaced: it reads expressions and queries, this module the statements around
them, PREDICT, and the types, which sqlglot would rename. Functions keep the names they are written with, so that
nothing passes that `functions` does not list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, TypeVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import SqlglotError
from sqlglot.parsers.tsql import TSQLParser
from sqlglot.tokenizer_core import TokenizerCore, TokenType

from deployer.emulator import ddl
from deployer.emulator import statements as st
from deployer.emulator.copying import Copying
from deployer.emulator.definitions import Definitions
from deployer.emulator.errors import DatabaseError, NotSupportedError, ProgrammingError
from deployer.emulator.execution import Execution
from deployer.emulator.manipulations import Manipulations
from deployer.emulator.settings import ISOLATION, SETTINGS


class Parser(Definitions, Manipulations, Copying, Execution):
    """Reads a whole batch at once: blocks hold semicolons, so the batch cannot be cut at them first."""

    def read_batch(self, sql: str) -> tuple[st.Statement, ...]:
        self._open(sql)
        return tuple(self._statements(()))

    def read_parameters(self, sql: str) -> tuple[ddl.Parameter, ...]:
        self._open(sql)
        parameters = self._parameters()
        if self._curr:
            self._refuse()
        return parameters

    @property
    def line(self) -> int:
        """Where the parser stands, from 1."""
        return self._curr.line if self._curr else self._tokens[-1].line if self._tokens else 1

    def _open(self, sql: str) -> None:
        tokens = self.dialect.tokenize(sql)
        self.reset()
        marks = (token.start for token in tokens if token.token_type == TokenType.PLACEHOLDER)
        self.markers = {start: number for number, start in enumerate(marks)}
        self.sql = sql
        self.loops = 0
        self._chunks = [tokens]
        self._chunk_index = 0
        self._advance_chunk()

    # --- Statements ---

    def _read_update(self) -> st.Statement:
        return self._update_statistics() if self._word("STATISTICS") else super()._read_update()

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
            self._refuse_changing_cte()
            statement = st.Query(self._query())
        else:
            self._refuse_statement(word)
        last = self._prev
        self._match(TokenType.SEMICOLON)
        statement.text = self.sql[start.start : last.end + 1]
        statement.line = start.line
        return statement

    def _refuse_changing_cte(self) -> None:
        """A CTE that feeds a change. An older page of the pool's docs limits CTEs to SELECT."""
        index = self._index
        if self._text == "WITH" and self._parse_with() and self._text in {"INSERT", "UPDATE", "DELETE", "MERGE"}:
            raise NotSupportedError(f"A CTE before {self._text} is not supported in a dedicated SQL pool.", 104)
        self._retreat(index)

    def _refuse_statement(self, word: str) -> NoReturn:
        if word in ABSENT_STATEMENTS:
            raise NotSupportedError(f"{word} is not supported in a dedicated SQL pool.", 104, 16)
        if word in UNKNOWN_STATEMENTS:
            raise NotSupportedError(f"The emulator does not know the statement {word}.")
        self._refuse()

    def _read_if(self) -> st.Statement:
        condition = self._condition()
        then = self._one()
        otherwise = None
        if self._word("ELSE"):
            otherwise = self._one()
        return st.If(condition, then, otherwise)

    def _read_while(self) -> st.Statement:
        condition = self._condition()
        self.loops += 1
        body = self._one()
        self.loops -= 1
        return st.While(condition, body)

    def _read_break(self) -> st.Statement:
        if not self.loops:
            raise ProgrammingError("Cannot use a BREAK statement outside the scope of a WHILE statement.", 135, 15)
        return st.Break()

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
            self._refuse_named()
            return st.Begin()
        body = self._statements(("END",))
        self._need("END")
        if not body:
            self._refuse()
        return st.Block(tuple(body))

    def _read_commit(self) -> st.Statement:
        self._word("TRAN") or self._word("TRANSACTION") or self._word("WORK")
        self._refuse_named()
        return st.Commit()

    def _read_rollback(self) -> st.Statement:
        self._word("TRAN") or self._word("TRANSACTION") or self._word("WORK")
        self._refuse_named()
        return st.Rollback()

    def _refuse_named(self) -> None:
        """The pool has no names, marks or save points (learn.microsoft.com: Use transactions in a SQL pool)."""
        if self._is_bare_word() or (self._curr and self._curr.token_type == TokenType.PARAMETER):
            raise NotSupportedError("Named transactions are not supported in a dedicated SQL pool.", 104)

    def _read_declare(self) -> st.Statement:
        if self._next and self._next.text.upper() == "CURSOR":
            raise NotSupportedError("Cursors are not supported in a dedicated SQL pool.", 104)
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
            return self._setting()
        name = self._variable()
        operator = _COMPOUND[self._curr.text] if self._compound() else None
        if operator is not None:
            self._advance()
        self._match(TokenType.EQ) or self._refuse()
        value = self._value()
        if operator is not None:
            value = operator(this=exp.Parameter(this=exp.Var(this=name[1:])), expression=exp.Paren(this=value))
        return st.SetVariable(name, value)

    def _setting(self) -> st.Statement:
        """Options that share a value: `SET ANSI_NULLS, ANSI_PADDING ON`."""
        if self._word("TRANSACTION", "ISOLATION", "LEVEL"):
            if not self._word(*ISOLATION.split()):
                raise NotSupportedError(
                    f"Only the isolation level {ISOLATION} can be set in a dedicated SQL pool, not {self._text}.", 104
                )
            return st.Block(())
        if self._word("IDENTITY_INSERT"):
            table = self._name()
            on = self._word("ON")
            if not on:
                self._need("OFF")
            return st.IdentityInsert(table, on)
        names = [self._setting_name()]
        while self._match(TokenType.COMMA):
            names.append(self._setting_name())
        value = ("-" if self._match(TokenType.DASH) else "") + (self._curr.text.upper() if self._curr else "")
        self._advance()
        for name in names:
            if value not in SETTINGS[name] and not (not SETTINGS[name] and value.lstrip("-").isdigit()):
                raise NotSupportedError(f"The emulator does not know SET {name} {value}.")
        return st.Block(tuple(st.Setting(name, value != "OFF") for name in names))

    def _setting_name(self) -> str:
        name = self._text
        if name not in SETTINGS:
            raise NotSupportedError(f"The emulator does not know SET {name}.")
        self._advance()
        return name

    def _read_print(self) -> st.Statement:
        return st.Print(self._value())

    def _read_throw(self) -> st.Statement:
        if not self._curr or self._curr.token_type == TokenType.SEMICOLON or self._text == "END":
            return st.Throw(None, None, None)
        number = self._constant()
        self._match(TokenType.COMMA) or self._refuse()
        message = self._constant()
        self._match(TokenType.COMMA) or self._refuse()
        return st.Throw(number, message, self._constant())

    def _read_raiserror(self) -> st.Statement:
        self._match(TokenType.L_PAREN) or self._refuse()
        if self._curr and self._curr.token_type == TokenType.NUMBER:
            # learn.microsoft.com, RAISERROR: the grammar for Synapse has a text or a variable, and no number.
            raise NotSupportedError("RAISERROR with a message's number is not supported in a dedicated SQL pool.", 104)
        parts = [self._constant()]
        while self._match(TokenType.COMMA):
            parts.append(self._constant())
        self._match_r_paren()
        if len(parts) < 3:
            self._refuse()
        options: list[str] = []
        while self._word("WITH") if not options else self._match(TokenType.COMMA):
            options.append(self._text)
            if not any(self._word(option) for option in ("NOWAIT", "LOG", "SETERROR")):
                self._refuse()
        return st.RaiseError(parts[0], parts[1], parts[2], tuple(parts[3:]), "SETERROR" in options)


_COMPOUND: Mapping[str, type[exp.Binary]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "%": exp.Mod,
    "&": exp.BitwiseAnd,
    "|": exp.BitwiseOr,
    "^": exp.BitwiseXor,
}
"""Operators that SET @a … = has before its sign."""

ABSENT_STATEMENTS = frozenset(
    ["WAITFOR", "USE", "GOTO", "RETURN", "OPEN", "FETCH", "CLOSE", "DEALLOCATE", "SAVE", "CONTINUE"]
)
"""Statements that the dedicated pool lacks (learn.microsoft.com: T-SQL language elements for dedicated SQL pool; WHILE,
whose grammar for Synapse has BREAK only).
"""

UNKNOWN_STATEMENTS = frozenset(
    [
        "CHECKPOINT",
        "DISABLE",
        "ENABLE",
        "KILL",
        "READTEXT",
        "RECONFIGURE",
        "RESTORE",
        "REVERT",
        "SHUTDOWN",
        "UPDATETEXT",
        "WRITETEXT",
        "BACKUP",
        "BULK",
        "LABEL",
        "EXPLAIN",
        "DBCC",
    ]
)


_HEX_DIGITS = re.compile("[0-9A-Fa-f]*")


class _TokenizerCore(TokenizerCore):
    __slots__ = ()

    def _scan_hex(self) -> None:
        """Go to the last digit at once: one by one, the digits of a model of megabytes would take minutes."""
        end = _HEX_DIGITS.match(self.sql, self._current + 1).end()  # type: ignore[union-attr]  # it matches nothing, too
        count = end - self._current - 1
        if count > 1:
            self._advance(count)
        if count or self.sql[end : end + 1].isalnum():
            super()._scan_hex()
        else:
            self._advance()
            self._add(TokenType.HEX_STRING, "")  # 0x alone is a value without bytes


class Synapse(TSQL):
    """sqlglot's T-SQL with this parser, and without its shortcuts: pairs of words as one, statements kept as text."""

    class Tokenizer(TSQL.Tokenizer):
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            word: kind
            for word, kind in TSQL.Tokenizer.KEYWORDS.items()
            if " " not in word or word in {"GROUP BY", "ORDER BY", "PARTITION BY", "GROUPING SETS"}
        }
        KEYWORDS |= {"!<": TokenType.GTE, "!>": TokenType.LTE}
        COMMANDS: ClassVar[set[TokenType]] = set()

        def _init_core(self) -> TokenizerCore:
            core = super()._init_core()
            core.__class__ = _TokenizerCore
            return core

    parser_class: ClassVar[type[TSQLParser]] = Parser  # type: ignore[assignment, misc]  # sqlglot's own dialects do it


def parse_batch(sql: str) -> tuple[st.Statement, ...]:
    """The statements of one batch.

    Raises `ProgrammingError` 102 for what is not T-SQL, `NotSupportedError` for what the pool lacks or the emulator
    does not know. Each error tells its line.
    """
    return _read(sql, Parser.read_batch)


def parse_parameters(sql: str) -> tuple[ddl.Parameter, ...]:
    """The parameters that sp_executesql is given as text: `@a int, @b nvarchar(10) OUTPUT`. Raises as `parse_batch`."""
    return _read(sql, Parser.read_parameters)


Found = TypeVar("Found")


def _read(sql: str, read: Callable[[Parser, str], Found]) -> Found:
    parser = Parser(error_level=sqlglot.ErrorLevel.IMMEDIATE, dialect=Synapse())
    try:
        return read(parser, sql)
    except SqlglotError as error:
        details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
        near = details[0].get("highlight") or str(error).partition("\n")[0]
        line = int(details[0].get("line") or parser.line)
        raise ProgrammingError(f"Incorrect syntax near '{near}'.", 102, 15).at(line) from error
    except DatabaseError as error:
        raise error.at(parser.line) from error.__cause__
    except RecursionError:
        raise ProgrammingError("Some part of the statement is nested too deeply.", 191, 15).at(parser.line) from None


def count_marks(sql: str) -> int:
    """How many `?` stand in a batch that was parsed, outside of text, names and comments."""
    if "?" not in sql:
        # A model's literal is a hundred million characters long.
        return 0
    return sum(token.token_type == TokenType.PLACEHOLDER for token in Synapse().tokenize(sql))
