"""The parts of statements: names, types, casts, columns, and PREDICT as a table; sqlglot reads the rest of a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NoReturn

from sqlglot import exp
from sqlglot.parsers.tsql import TSQLParser
from sqlglot.tokenizer_core import TokenType

from deployer.emulator.collations import find_collation
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.types import MAX, SqlColumn, SqlType, make_type

DATABASE = "emulator"
"""The name of the database, which three-part names may begin with."""


class Cast(exp.Expression):
    """CAST, CONVERT and their TRY_ forms. `to` is a `SqlType`, `style` a number."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "to": True, "safe": False, "style": False}


class Predict(exp.Expression):
    """PREDICT as a table. `columns` is a tuple of `SqlColumn`, `data_alias` and `alias` are text or None.

    `qualified` says that the name of DATA was written with its schema: it is then no CTE.
    """

    arg_types: ClassVar[dict[str, bool]] = {
        "model": True,
        "data": True,
        "qualified": False,
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


def object_name(parts: Sequence[str]) -> ObjectName:
    """The name of up to three parts, of which the first may be this database, or tempdb for a `#` table."""
    *around, name = parts
    if len(around) == 2 and (around[0].lower() == DATABASE or (around[0].lower() == "tempdb" and name[:1] == "#")):
        around = around[1:]
    if len(around) > 1:
        raise NotSupportedError("Cross-database names are not supported in a dedicated SQL pool.", 104)
    return ObjectName((around and around[0]) or "dbo", name)


def qualifier(node: exp.Expr) -> str:
    """The alias or table that is written before a column; empty for none."""
    table = node.args.get("table")
    return "" if table is None else ("#" if table.args.get("temporary") else "") + str(table.name)


class Syntax(TSQLParser):
    """sqlglot's parser with the pool's own parts: names, types, casts, columns, PREDICT as a table."""

    # END closes a block, and is no name of a column: `SELECT 1 END`.
    ALIAS_TOKENS: ClassVar[set[TokenType]] = TSQLParser.ALIAS_TOKENS - {TokenType.END}
    ID_VAR_TOKENS: ClassVar[set[TokenType]] = TSQLParser.ID_VAR_TOKENS - {TokenType.END}
    # Operators on bits bind as + and - do, from left to right: learn.microsoft.com, operator precedence.
    TERM: ClassVar[dict[TokenType, type[exp.Binary]]] = {
        TokenType.DASH: exp.Sub,
        TokenType.PLUS: exp.Add,
        TokenType.AMP: exp.BitwiseAnd,
        TokenType.PIPE: exp.BitwiseOr,
        TokenType.CARET: exp.BitwiseXor,
    }
    BITWISE: ClassVar[dict[TokenType, type[exp.Binary]]] = {}
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        "CAST": lambda self: self._cast(safe=False),
        "TRY_CAST": lambda self: self._cast(safe=True),
        "CONVERT": lambda self: self._convert(safe=False),
        "TRY_CONVERT": lambda self: self._convert(safe=True),
        "TRIM": lambda self: self._trim(),
    }

    markers: dict[int, int]
    """Where each `?` of the batch begins, and its number."""

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

    def _query(self) -> exp.Expr:
        first = self._parse_select(nested=True, parse_subquery_alias=False) or self._refuse()
        query = self._parse_query_modifiers(self._parse_set_operations(first))
        if not isinstance(query, exp.Query):
            self._refuse()
        return query

    def _condition(self) -> exp.Expr:
        return self._parse_disjunction() or self._refuse()

    def _value(self) -> exp.Expr:
        return self._parse_disjunction() or self._refuse()

    def _constant(self) -> exp.Expr:
        """A constant or a variable, where the grammar has no expression."""
        sign = self._match(TokenType.DASH)
        value = self._parse_primary() or self._parse_parameter_or_mark() or self._refuse()
        return exp.Neg(this=value) if sign else value

    def _parse_parameter_or_mark(self) -> exp.Expr | None:
        if self._match(TokenType.PARAMETER):
            return self._parse_parameter()
        return self._parse_placeholder()

    def _variable(self) -> str:
        if not self._match(TokenType.PARAMETER) or not self._curr:
            self._refuse()
        self._advance()
        return f"@{self._prev.text}".lower()

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
        return self._written_name()[0]

    def _written_name(self) -> tuple[ObjectName, bool]:
        """A name, and whether its schema was written."""
        parts = [self._identifier()]
        while self._match(TokenType.DOT):
            # `emulator..t` leaves the schema out.
            parts.append("" if self._curr and self._curr.token_type == TokenType.DOT else self._identifier())
        return object_name(parts), len(parts) > 1

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

    def _trim(self) -> exp.Expr:
        """TRIM (text), or TRIM (characters FROM text)."""
        values = [self._value()]
        if self._word("FROM"):
            values.insert(0, self._value())
        return exp.Anonymous(this="TRIM", expressions=values)

    def _convert(self, safe: bool) -> exp.Expr:
        kind = self._type(in_cast=True)
        self._match(TokenType.COMMA) or self._refuse()
        this = self._value()
        style = None
        if self._match(TokenType.COMMA):
            if not self._match(TokenType.NUMBER) or not self._prev.text.isdigit():
                raise NotSupportedError("The emulator knows CONVERT with a constant as its style only.")
            style = int(self._prev.text)
        return Cast(this=this, to=kind, safe=safe, style=style)

    def _column(self) -> SqlColumn:
        """A column of PREDICT's WITH."""
        name = self._identifier()
        kind = self._type()
        nullable = True
        while self._curr and self._curr.token_type not in {TokenType.COMMA, TokenType.R_PAREN}:
            if self._word("NOT", "NULL"):
                nullable = False
            elif self._word("NULL"):
                nullable = True
            elif self._word("COLLATE"):
                kind = replace(kind, collation=find_collation(self._identifier()))
            else:
                self._refuse()
        return SqlColumn(name, kind, nullable)

    def _parse_factor_operand(self) -> exp.Expr | None:
        operand = super()._parse_factor_operand()
        while operand is not None and self._word("COLLATE"):
            operand = exp.Collate(this=operand, expression=exp.to_identifier(self._identifier()))
        return operand

    def _parse_placeholder(self) -> exp.Expr | None:
        if self._curr and self._curr.token_type == TokenType.PLACEHOLDER:
            self._advance()
            # Numbered by its place in the text: the parser may come by twice, and the translation in another order.
            return exp.Placeholder(this=str(self.markers[self._prev.start]))
        return super()._parse_placeholder()

    def _parse_limit(self, this: exp.Expr | None = None, top: bool = False, skip_limit_token: bool = False) -> Any:
        if not top and not skip_limit_token and self._text == "LIMIT":
            self._refuse()
        return super()._parse_limit(this, top, skip_limit_token)

    def _option(self) -> None:
        """OPTION (…): a label for the one who watches the pool, or a hint on how to join. Neither changes an answer."""
        if not self._word("OPTION"):
            return
        self._match(TokenType.L_PAREN) or self._refuse()
        while True:
            if self._word("LABEL"):
                self._match(TokenType.EQ) or self._refuse()
                self._match_set((TokenType.STRING, TokenType.NATIONAL_STRING)) or self._refuse()
            elif not any(self._word(*hint.split()) for hint in HINTS):
                raise NotSupportedError(f"The emulator does not know the hint {self._text} in OPTION.")
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()

    def _parse_options(self) -> list[exp.Expr] | None:
        self._option()
        return None

    def _parse_ordered(self, parse_method: Any = None) -> exp.Ordered | None:
        found = super()._parse_ordered(parse_method)
        if self._prev.text.upper() in {"FIRST", "LAST"} and self._tokens[self._index - 2].text.upper() == "NULLS":
            self._refuse()
        return found

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
        data, qualified = self._written_name()
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
        return Predict(
            model=model,
            data=data,
            qualified=qualified,
            data_alias=data_alias,
            columns=tuple(columns),
            alias=self._alias(),
        )

    def _alias(self) -> str | None:
        if self._word("AS"):
            return self._identifier()
        token = self._curr
        if token and token.token_type in {TokenType.VAR, TokenType.IDENTIFIER} and self._text not in _AFTER_TABLE:
            return self._identifier()
        return None


HINTS = ("HASH JOIN", "LOOP JOIN", "MERGE JOIN", "FORCE ORDER", "FORCE EXTERNALPUSHDOWN", "DISABLE EXTERNALPUSHDOWN")
"""Hints of a query beside LABEL (learn.microsoft.com: OPTION clause, syntax for Synapse)."""

_AFTER_TABLE = frozenset(["OPTION", "CROSS", "OUTER", "APPLY", "PIVOT", "UNPIVOT", "TABLESAMPLE"])
"""Words that follow a table and are no alias, though sqlglot has no token for them."""
