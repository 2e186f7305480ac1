"""`bind_columns`: which column of the table feeds which input, with which cast and NULL policy; what comes back.

PREDICT matches types exactly and names by text, so nothing is left to it: every input gets a cast to the type that the
target wants, every text a length, every NULL a policy. A cast that may change a value in silence is made only where
the spec names the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deployer.errors import ContractError
from deployer.model import Column, Model
from deployer.names import LONGEST_TEXT, NAME_LENGTH, SqlTypeName, name_problem, nearest, shorten
from deployer.spec import ColumnSpec, NullPolicy, OutputSpec, Spec
from deployer.target import Target


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as INFORMATION_SCHEMA.COLUMNS tells it.

    `length` is in characters, -1 for `(max)`, None for what is no text.
    """

    name: str
    type: str
    length: int | None = None
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view: what of it matters to a model that reads it."""

    name: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """One input and the column that feeds it, cast to `sql_type`. On a column that takes no NULL, `nulls` is `keep`."""

    input: Column
    column: str
    sql_type: SqlTypeName
    nulls: NullPolicy


@dataclass(frozen=True, slots=True)
class Key:
    """One column of the key. `inner` is its name within PREDICT's DATA, where no input or output has that name."""

    column: str
    inner: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One output that is returned: read as `sql_type`, called `name` in the result."""

    output: Column
    name: str
    sql_type: SqlTypeName


@dataclass(frozen=True, slots=True)
class Contract:
    """All columns bound, in the order of the graph and of the spec's key."""

    bindings: tuple[Binding, ...]
    keys: tuple[Key, ...]
    outputs: tuple[Returned, ...]


def bind_columns(model: Model, spec: Spec, target: Target, table: Table | None = None) -> Contract:
    """Bind every input, key and output. Without a table, columns are taken to be there under the names that are given.

    Raises `ContractError`, in one message with a line for each, for all that does not fit.
    """
    binder = _Binder(model, spec, target, table)
    contract = Contract(binder.bind_inputs(), binder.bind_keys(), binder.bind_outputs())
    if binder.problems:
        listed = "".join(f"\n  - {problem}" for problem in binder.problems)
        raise ContractError(
            f"model {model.name!r} and data {str(spec.data)!r} do not fit:{listed}",
            hint="; ".join(dict.fromkeys(binder.hints)) or "correct the spec, or the table",
        )
    return contract


_EXACT = frozenset({"bit", "tinyint", "smallint", "int", "bigint"})
_NUMBERS = _EXACT | {"decimal", "numeric", "money", "smallmoney", "real", "float"}
_TEXT = frozenset(LONGEST_TEXT)
_INTEGER_RANGE = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}
_LARGEST = {"real": 3.4028234663852886e38, "float": 1.7976931348623157e308}


class _Binder:
    def __init__(self, model: Model, spec: Spec, target: Target, table: Table | None) -> None:
        self.model, self.spec, self.target = model, spec, target
        self.table = table
        self.exact = {column.name: column for column in table.columns} if table else {}
        self.folded = {column.name.casefold(): column for column in table.columns} if table else {}
        self.problems: list[str] = []
        self.hints: list[str] = []

    # --- Inputs ---

    def bind_inputs(self) -> tuple[Binding, ...]:
        inputs = self.model.inputs
        if not inputs:
            self.problems.append("the model has no inputs: nothing in the data can change its score")
        self._refuse_twins("input", [column.name for column in inputs])
        self._refuse_unknown("input", self.spec.columns, [column.name for column in inputs])
        bindings = [self._bind_input(column, self.spec.columns.get(column.name, ColumnSpec())) for column in inputs]
        return tuple(binding for binding in bindings if binding is not None)

    def _bind_input(self, column: Column, said: ColumnSpec) -> Binding | None:
        where = f"input {column.name!r}"
        wanted = self._wanted(where, column, self.target.input_width.value)
        source = self._find(where, said.column or column.name)
        if wanted is None or source is None:
            return None
        sql_type = self._cast(where, source, wanted, said.type)
        if sql_type is None:
            return None
        nulls = self._nulls(where, source, sql_type, said.nulls)
        return Binding(column, source.name, sql_type, nulls)

    def _wanted(self, where: str, column: Column, limit: int | None) -> str | None:
        """The T-SQL type that the target gives or takes for a column; None, and a problem, where it cannot."""
        if problem := name_problem(column.name):
            self.problems.append(f"{where}: the name {problem}")
            return None
        if column.type not in self.target.types:
            known = ", ".join(self.target.types)
            self.problems.append(f"{where} is {column}; {self.target.name} takes {known}")
            self.hints.append("`deployer fix` casts inside the graph where it can")
            return None
        if limit is not None and (column.width is None or column.width > limit):
            wide = "of unknown width" if column.width is None else f"{column.width} columns wide"
            self.problems.append(f"{where} is {column}, {wide}; {self.target.name} binds {limit} column to one name")
            self.hints.append("`deployer fix` splits what is wide")
            return None
        return self.target.types[column.type].sql

    def _find(self, where: str, name: str) -> TableColumn | None:
        """The table's column of that name: the very name first, then without regard to case, as T-SQL has it."""
        if self.table is None:
            return TableColumn(name, "")
        found = self.exact.get(name) or self.folded.get(name.casefold())
        if found is None:
            self.problems.append(f"{where}: {self.table.name!r} has no column {name!r}{nearest(name, self.exact)}")
        return found

    def _cast(self, where: str, source: TableColumn, wanted: str, said: SqlTypeName | None) -> SqlTypeName | None:
        """The type of the CAST, with a length for text."""
        if said is not None and said.base != wanted and not {said.base, wanted} <= _TEXT:
            self.problems.append(f"{where}: the spec says type {str(said)!r}, the model takes {wanted!r}")
            return None
        kind = source.type.lower()
        if kind and kind not in _NUMBERS | _TEXT:
            self.problems.append(f"{where}: column {source.name!r} is {kind}, which cannot become {wanted}")
            self.hints.append("read from a view that makes a number or text of it")
            return None
        if said is not None:
            return said
        if wanted in _TEXT:
            return self._cast_text(where, source, wanted)
        if kind in _TEXT or (wanted in _INTEGER_RANGE and kind and kind not in _EXACT):
            self.problems.append(f"{where}: column {source.name!r} is {kind}; a cast to {wanted} may change it or fail")
            self.hints.append(f"where that is meant, say so: columns: {{{where.split(' ', 1)[1]}: {{type: {wanted}}}}}")
            return None
        return SqlTypeName(wanted)

    def _cast_text(self, where: str, source: TableColumn, wanted: str) -> SqlTypeName | None:
        kind = source.type.lower()
        if not kind:
            return SqlTypeName(wanted, LONGEST_TEXT[wanted])
        if kind not in _TEXT:
            self.problems.append(f"{where}: column {source.name!r} is {kind}; as text it may not read as in training")
        elif source.length is None or source.length < 1:
            self.problems.append(f"{where}: column {source.name!r} is {kind}(max); a cast may cut its text")
        else:
            base = "nvarchar" if kind.startswith("n") else "varchar"
            return SqlTypeName(base, min(source.length, LONGEST_TEXT[base]))
        self.hints.append(f"where that is meant, say so: columns: {{{where.split(' ', 1)[1]}: {{type: varchar(100)}}}}")
        return None

    def _nulls(self, where: str, source: TableColumn, sql_type: SqlTypeName, said: NullPolicy | None) -> NullPolicy:
        if said is not None and said.kind == "keep" and sql_type.base not in _LARGEST:
            self.problems.append(f"{where} is {sql_type}: ONNX has NaN for a NULL only in floats; nulls cannot be keep")
            self.hints.append("nulls: refuse, skip row or {use: VALUE}")
        if said is not None and said.kind == "use" and (problem := _value_problem(said.value, sql_type)):
            self.problems.append(f"{where}: nulls: {{use: {shorten(said.value)}}} {problem}")
        if not source.nullable:
            return NullPolicy("keep")
        # What PREDICT makes of a NULL is documented nowhere: without a word of the user's none is sent.
        return said or NullPolicy("refuse")

    # --- Keys ---

    def bind_keys(self) -> tuple[Key, ...]:
        taken = {column.name.casefold() for column in (*self.model.inputs, *self.model.outputs)}
        keys: list[Key] = []
        for name in self.spec.key:
            found = self._find("key", name)
            if found is None:
                continue
            keys.append(Key(found.name, _free_name(found.name, "key", taken)))
        return tuple(keys)

    # --- Outputs ---

    def bind_outputs(self) -> tuple[Returned, ...]:
        outputs = {column.name: column for column in self.model.outputs}
        self._refuse_unknown("output", self.spec.outputs, outputs)
        chosen: Sequence[Column] = [outputs[name] for name in self.spec.outputs if name in outputs]
        if not self.spec.outputs:
            chosen = [column for column in outputs.values() if self._returns(column)]
            if not chosen:
                listed = ", ".join(f"{column.name!r} {column}" for column in outputs.values())
                self.problems.append(f"no output can be returned: {listed}")
                self.hints.append("`deployer fix` splits what is wide and takes maps apart")
        self._refuse_twins("output", [column.name for column in chosen])
        taken = {name.casefold() for name in self.spec.key}
        for said in self.spec.outputs.values():
            if said.name is None:
                continue
            if said.name.casefold() in taken:
                self.problems.append(f"result column {said.name!r} is named twice, by outputs or by the key")
            taken.add(said.name.casefold())
        found = [
            self._bind_output(column, self.spec.outputs.get(column.name, OutputSpec()), taken) for column in chosen
        ]
        return tuple(returned for returned in found if returned is not None)

    def _returns(self, column: Column) -> bool:
        limit = self.target.output_width.value
        fits = limit is None or (column.width is not None and column.width <= limit)
        return column.type in self.target.types and fits

    def _bind_output(self, column: Column, said: OutputSpec, taken: set[str]) -> Returned | None:
        where = f"output {column.name!r}"
        given = self._wanted(where, column, self.target.output_width.value)
        if given is None:
            return None
        sql_type = said.type or SqlTypeName(given, LONGEST_TEXT.get(given))
        # A float tensor read as `float` is in a published sample; every other difference is refused by the engine.
        fits = sql_type.base == given or {sql_type.base, given} <= _TEXT or (given, sql_type.base) == ("real", "float")
        if not fits:
            self.problems.append(f"{where}: the spec says type {str(sql_type)!r}, the model gives {given!r}")
        return Returned(column, said.name or _free_name(column.name, "score", taken), sql_type)

    # --- Names ---

    def _refuse_twins(self, kind: str, names: Sequence[str]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            twin = seen.setdefault(name.casefold(), name)
            if twin != name:
                self.problems.append(f"{kind}s {twin!r} and {name!r} differ by case only, which T-SQL does not see")

    def _refuse_unknown(self, kind: str, said: Iterable[str], names: Iterable[str]) -> None:
        known = list(names)
        for name in said:
            if name not in known:
                self.problems.append(f"the spec names {kind} {name!r}, which the model has not{nearest(name, known)}")


def _free_name(name: str, suffix: str, taken: set[str]) -> str:
    """`name`, or with a suffix where that is taken; taken from then on."""
    free, count = name, 1
    while free.casefold() in taken:
        ending = f"_{suffix}" if count == 1 else f"_{suffix}_{count}"
        free = name[: NAME_LENGTH - len(ending)] + ending
        count += 1
    taken.add(free.casefold())
    return free


def _value_problem(value: float | str | None, sql_type: SqlTypeName) -> str:
    """Why a value cannot stand in for a NULL; empty where it can."""
    if sql_type.base in _TEXT:
        if not isinstance(value, str):
            return f"is no text; the input takes {sql_type}"
        size = len(value.encode("utf-16-le", "surrogatepass")) // 2
        return "" if size <= (sql_type.length or 0) else f"is {size} characters long; the input takes {sql_type}"
    if isinstance(value, str) or value is None:
        return f"is no number; the input takes {sql_type}"
    if sql_type.base in _INTEGER_RANGE:
        low, high = _INTEGER_RANGE[sql_type.base]
        if not isinstance(value, int):
            return f"is no whole number; the input takes {sql_type}"
        return "" if low <= value <= high else f"is outside of {sql_type}: {low} to {high}"
    largest = _LARGEST[sql_type.base]
    return "" if abs(value) <= largest else f"is outside of {sql_type}: up to {largest:g}"
