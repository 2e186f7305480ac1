"""Statements that change rows: INSERT, UPDATE, DELETE, MERGE, TRUNCATE TABLE, as the pool's grammar has them."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from deployer.emulator import statements as st
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.syntax import ObjectName, Predict, Syntax


class Manipulations(Syntax):
    """Reads each of them from behind its first word."""

    def _target(self, before: str = "") -> ObjectName:
        """The table that is changed, maybe with a word before it.

        The grammars for Synapse have no TOP before it and no hints behind it.
        """
        if self._text == "TOP":
            raise NotSupportedError(
                "TOP in a statement that changes rows is not supported in a dedicated SQL pool.", 104
            )
        if before:
            self._word(before)
        name = self._name()
        if self._text == "WITH":
            raise NotSupportedError(
                "Hints for the table that is changed are not supported in a dedicated SQL pool.", 104
            )
        return name

    def _read_insert(self) -> st.Statement:
        name = self._target("INTO")
        columns: tuple[str, ...] = ()
        # What a parenthesis begins may also be the query.
        is_query = self._next is not None and self._next.text.upper() in {"SELECT", "WITH", "("}
        if not is_query and self._match(TokenType.L_PAREN):
            columns = self._identifiers()
        self._refuse_output()
        if self._word("DEFAULT"):
            raise NotSupportedError("DEFAULT VALUES is not supported in a dedicated SQL pool.", 104)
        if self._text in {"EXEC", "EXECUTE"}:
            raise NotSupportedError("INSERT … EXEC is not supported in a dedicated SQL pool.", 104)
        if self._word("VALUES"):
            values = self._values()
            if self._match(TokenType.COMMA):
                raise NotSupportedError(
                    "INSERT … VALUES with several rows is not supported in a dedicated SQL pool.", 104
                )
            self._option()
            return st.Insert(name, columns, exp.Select(expressions=values))
        return st.Insert(name, columns, self._query())

    def _values(self) -> list[exp.Expr]:
        self._match(TokenType.L_PAREN) or self._refuse()
        self._refuse_default("VALUES")
        values = self._parse_csv(self._value)
        self._match_r_paren()
        return values

    def _refuse_default(self, where: str) -> None:
        if self._text == "DEFAULT":
            # learn.microsoft.com, INSERT and UPDATE: the grammars for Synapse have NULL and expressions.
            raise NotSupportedError(f"DEFAULT in {where} is not supported in a dedicated SQL pool.", 104)

    def _refuse_output(self) -> None:
        if self._text == "OUTPUT":
            raise NotSupportedError("The OUTPUT clause is not supported in a dedicated SQL pool.", 104)

    def _read_update(self) -> st.Statement:
        name = self._target()
        self._need("SET")
        values = self._assignments()
        self._refuse_output()
        return st.Update(name, values, self._sources(name))

    def _assignments(self) -> tuple[tuple[str, exp.Expr], ...]:
        """Columns and their values. A column may be written with its table before it."""
        values = []
        while True:
            column = self._identifier()
            while self._match(TokenType.DOT):
                column = self._identifier()
            if self._compound():
                # learn.microsoft.com, UPDATE: the grammar for Synapse has `column = expression` only.
                raise NotSupportedError("UPDATE with += and its kin is not supported in a dedicated SQL pool.", 104)
            self._match(TokenType.EQ) or self._refuse()
            self._refuse_default("SET")
            values.append((column, self._value()))
            if not self._match(TokenType.COMMA):
                return tuple(values)

    def _compound(self) -> bool:
        """Whether `+=` or one of its kin comes next."""
        return bool(
            self._curr and self._curr.text in tuple("+-*/%&|^") and self._next and self._next.token_type == TokenType.EQ
        )

    def _sources(self, name: ObjectName) -> exp.Select:
        """A SELECT of nothing with the FROM, joins and WHERE of an UPDATE or DELETE; without FROM, from its table."""
        query = exp.Select(expressions=[])
        query.set("from_", self._parse_from() or exp.From(this=_as_table(name)))
        found = self._parse_query_modifiers(query)
        for part in ("group", "having", "order", "limit"):
            if found is None or found.args.get(part) is not None:
                self._refuse()
        self._option()
        return found

    def _read_delete(self) -> st.Statement:
        name = self._target("FROM")
        self._refuse_output()
        return st.Delete(name, self._sources(name))

    def _read_truncate(self) -> st.Statement:
        self._need("TABLE")
        return st.Truncate(self._name())

    def _read_merge(self) -> st.Statement:
        name = self._target("INTO")
        alias = self._alias() or name.name
        self._need("USING")
        source = self._parse_table()
        if isinstance(source, Predict):
            raise NotSupportedError(
                "The emulator knows PREDICT in MERGE within a derived table: USING (SELECT … FROM PREDICT(…) …) AS s."
            )
        if source is None:
            self._refuse()
        self._need("ON")
        on = self._condition()
        clauses = []
        while self._word("WHEN"):
            clauses.append(self._when())
        if not clauses:
            self._refuse()
        self._refuse_output()
        self._option()
        if not self._curr or self._curr.token_type != TokenType.SEMICOLON:
            raise ProgrammingError("A MERGE statement must be terminated by a semi-colon (;).", 10713, 15)
        return st.Merge(name, alias, source, on, tuple(clauses))

    def _when(self) -> st.When:
        side = "MATCHED"
        if self._word("NOT", "MATCHED"):
            side = "SOURCE" if self._word("BY", "SOURCE") else "TARGET"
            if side == "TARGET":
                self._word("BY", "TARGET")
        else:
            self._need("MATCHED")
        condition = self._condition() if self._word("AND") else None
        self._need("THEN")
        if side == "TARGET":
            self._need("INSERT")
            names = self._identifiers() if self._match(TokenType.L_PAREN) else ()
            self._need("VALUES")
            values = self._values()
            if names and len(names) != len(values):
                more = "more" if len(names) > len(values) else "fewer"
                raise ProgrammingError(f"There are {more} columns in the INSERT statement than values.", 109, 15)
            return st.When(side, condition, "INSERT", tuple(zip(names or [""] * len(values), values, strict=True)))
        if self._word("DELETE"):
            return st.When(side, condition, "DELETE")
        self._need("UPDATE", "SET")
        return st.When(side, condition, "UPDATE", self._assignments())


def _as_table(name: ObjectName) -> exp.Table:
    """A name as a table of a FROM."""
    identifier = exp.Identifier(this=name.name.lstrip("#"), quoted=True, temporary=name.is_temporary)
    return exp.Table(this=identifier, db=None if name.is_temporary else exp.Identifier(this=name.schema, quoted=True))
