"""The parts of table definitions: columns with defaults and IDENTITY, keys, options; indexes and statistics."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from deployer.emulator import ddl
from deployer.emulator import statements as st
from deployer.emulator.collations import find_collation
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.syntax import Syntax, object_name
from deployer.emulator.types import SqlColumn


class Tables(Syntax):
    """Reads each of them."""

    # --- Columns and keys ---

    def _column_definition(self) -> tuple[ddl.ColumnDefinition, tuple[ddl.Key, ...]]:
        """A column, and the keys that are written beside it."""
        name = self._identifier()
        kind = self._type()
        nullable, default, identity = True, None, None
        keys: list[ddl.Key] = []
        while self._curr and self._curr.token_type not in {TokenType.COMMA, TokenType.R_PAREN, TokenType.SEMICOLON}:
            if self._word("NOT", "NULL"):
                nullable = False
            elif self._word("NULL"):
                nullable = True
            elif self._word("COLLATE"):
                kind = replace(kind, collation=find_collation(self._identifier()))
            elif self._word("IDENTITY"):
                identity = self._identity()
                nullable = False
            elif (found := self._constraint((name,))) is None:
                raise NotSupportedError(f"The emulator does not know {self._text} in the definition of a column.")
            elif isinstance(found, ddl.Default):
                default = found
            else:
                keys.append(found)
        return ddl.ColumnDefinition(SqlColumn(name, kind, nullable), default, identity), tuple(keys)

    def _identity(self) -> tuple[int, int]:
        """The first value and the step."""
        if not self._match(TokenType.L_PAREN):
            return 1, 1
        seed = self._integer()
        self._match(TokenType.COMMA) or self._refuse()
        step = self._integer()
        self._match_r_paren()
        return seed, step

    def _integer(self) -> int:
        sign = -1 if self._match(TokenType.DASH) else 1
        if not self._match(TokenType.NUMBER) or not self._prev.text.isdigit():
            self._refuse()
        return sign * int(self._prev.text)

    def _constraint(self, columns: tuple[str, ...] = ()) -> ddl.Key | ddl.Default | None:
        """A constraint, with its name if it has one: a key that is not enforced, or a column's default.

        `columns` are those of a key that is written beside its column. None where none comes next.
        """
        name = self._identifier() if self._word("CONSTRAINT") else ""
        if self._word("DEFAULT"):
            return ddl.Default(name, *self._default())
        if self._text in {"CHECK", "FOREIGN", "REFERENCES"}:
            raise NotSupportedError(f"{self._text} constraints are not supported in a dedicated SQL pool.", 104)
        if self._word("PRIMARY", "KEY"):
            kind = "PRIMARY KEY"
            if not self._word("NONCLUSTERED"):
                raise NotSupportedError("Only PRIMARY KEY NONCLUSTERED is supported in a dedicated SQL pool.", 104)
        elif self._word("UNIQUE"):
            kind = "UNIQUE"
            self._word("NONCLUSTERED")
        elif name:
            self._refuse()
        else:
            return None
        if self._match(TokenType.L_PAREN):
            columns = self._identifiers()
        if not columns:
            self._refuse()
        if not self._word("NOT", "ENFORCED"):
            raise NotSupportedError("Enforced unique constraints are not supported in a dedicated SQL pool.", 104)
        return ddl.Key(name, kind, columns)

    def _default(self) -> tuple[str, exp.Expr]:
        """A constant, maybe in parentheses, as text and as a value."""
        start = self._curr
        value = self._value()
        inner = value
        while isinstance(inner, (exp.Paren, exp.Neg)):
            inner = inner.this
        if not isinstance(inner, (exp.Literal, exp.National, exp.HexString, exp.Null)):
            # learn.microsoft.com, CREATE TABLE for Synapse: a literal or a constant, and neither 2+3 nor a function.
            raise NotSupportedError("A default that is no constant is not supported in a dedicated SQL pool.", 104)
        return self.sql[start.start : self._prev.end + 1], value

    # --- Options ---

    def _table_options(self) -> ddl.TableOptions:
        self._need("WITH")
        self._match(TokenType.L_PAREN) or self._refuse()
        index, distribution = "CLUSTERED COLUMNSTORE INDEX", ""
        index_columns: tuple[str, ...] = ()
        hash_columns: tuple[str, ...] = ()
        partitions: tuple[str, ...] = ()
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
            elif self._word("PARTITION"):
                partitions = self._partitions()
            else:
                raise NotSupportedError(f"The emulator does not know the table option {self._text}.")
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()
        return ddl.TableOptions(index, index_columns, distribution, hash_columns, partitions)

    def _partitions(self) -> tuple[str, ...]:
        """The column of `(column RANGE RIGHT FOR VALUES (…))`; where rows are kept changes no answer."""
        self._match(TokenType.L_PAREN) or self._refuse()
        column = self._identifier()
        self._need("RANGE")
        self._word("LEFT") or self._word("RIGHT")
        self._need("FOR", "VALUES")
        self._match(TokenType.L_PAREN) or self._refuse()
        if not self._match(TokenType.R_PAREN):
            self._parse_csv(self._constant)
            self._match_r_paren()
        self._match_r_paren()
        return (column,)

    # --- Indexes and statistics ---

    def _create_index(self) -> st.Statement:
        """Behind INDEX, CLUSTERED or NONCLUSTERED."""
        first = self._prev.text.upper()
        columnstore = first != "INDEX" and self._word("COLUMNSTORE")
        if columnstore and first == "NONCLUSTERED":
            raise NotSupportedError("Nonclustered columnstore indexes are not supported in a dedicated SQL pool.", 104)
        if first != "INDEX":
            self._need("INDEX")
        kind = "CLUSTERED INDEX" if first == "CLUSTERED" else "NONCLUSTERED INDEX"
        if columnstore:
            kind = "CLUSTERED COLUMNSTORE INDEX"
        name = self._identifier()
        self._need("ON")
        table = self._name()
        ordered = kind != "CLUSTERED COLUMNSTORE INDEX" or self._word("ORDER")
        columns: tuple[str, ...] = ()
        if ordered:
            self._match(TokenType.L_PAREN) or self._refuse()
            columns = self._identifiers()
        if self._word("WITH"):
            self._skip_options()
        return ddl.CreateIndex(name, table, kind, columns)

    def _skip_options(self) -> None:
        """`(DROP_EXISTING = OFF, DATA_COMPRESSION = …)`: how the data is kept, of which nothing is seen here."""
        self._match(TokenType.L_PAREN) or self._refuse()
        while True:
            option = self._identifier().upper()
            self._match(TokenType.EQ) or self._refuse()
            value = self._identifier().upper()
            if (option, value) not in _INDEX_OPTIONS:
                raise NotSupportedError(f"The emulator does not know the option {option} = {value} of an index.")
            if not self._match(TokenType.COMMA):
                break
        self._match_r_paren()

    def _alter_index(self) -> st.Statement:
        """REBUILD and REORGANIZE, which change no answer."""
        name = "" if self._word("ALL") else self._identifier()
        self._need("ON")
        table = self._name()
        if not (self._word("REBUILD") or self._word("REORGANIZE")):
            raise NotSupportedError(f"The emulator does not know ALTER INDEX … {self._text}.")
        if self._word("PARTITION"):
            self._match(TokenType.EQ) or self._refuse()
            self._need("ALL")
        return ddl.TouchIndex(name, table)

    def _drop_index(self) -> st.Statement:
        name = self._identifier()
        self._need("ON")
        return ddl.DropIndex(name, self._name())

    def _create_statistics(self) -> st.Statement:
        name = self._identifier()
        self._need("ON")
        table = self._name()
        self._match(TokenType.L_PAREN) or self._refuse()
        columns = self._identifiers()
        if self._word("WHERE"):
            self._condition()
        self._sampling()
        return ddl.CreateStatistics(name, table, columns)

    def _update_statistics(self) -> st.Statement:
        table = self._name()
        name = ""
        if self._match(TokenType.L_PAREN):
            name = self._identifier()
            self._match_r_paren()
        self._sampling()
        return ddl.UpdateStatistics(table, name)

    def _sampling(self) -> None:
        """WITH FULLSCAN, SAMPLE n PERCENT or RESAMPLE."""
        if not self._word("WITH"):
            return
        if self._word("SAMPLE"):
            self._integer()
            self._need("PERCENT")
        elif not (self._word("FULLSCAN") or self._word("RESAMPLE")):
            self._refuse()

    def _drop_statistics(self) -> st.Statement:
        """`[schema.]table.name`."""
        parts = [self._identifier()]
        while self._match(TokenType.DOT):
            parts.append(self._identifier())
        if not 2 <= len(parts) <= 3:
            raise ProgrammingError(f"Incorrect syntax near '{parts[-1]}': table.statistics is wanted.", 102, 15)
        return ddl.DropStatistics(object_name(parts[:-1]), parts[-1])


_INDEX_OPTIONS = frozenset(
    [
        ("DROP_EXISTING", "OFF"),
        ("DATA_COMPRESSION", "COLUMNSTORE"),
        ("DATA_COMPRESSION", "COLUMNSTORE_ARCHIVE"),
    ]
)
