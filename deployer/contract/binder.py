"""`Binder`: finds the column, the cast and the NULL policy of each input, and the names of what comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from deployer.casts import CASTABLE, text_length
from deployer.contract.records import Binding, Choice, Key, Returned
from deployer.model import Column, Model
from deployer.names import LONGEST_TEXT, NAME_LENGTH, SqlTypeName, name_problem, nearest, parse_column_type, shorten
from deployer.rule import Finding
from deployer.spec import ColumnSpec, NullPolicy, OutputSpec, ParameterSpec, ProcedureSpec, Spec, TableSpec
from deployer.table import Table, TableColumn
from deployer.target import Target

_TEXT = frozenset(LONGEST_TEXT)
_INTEGER_RANGE = {"int": (-(2**31), 2**31 - 1), "bigint": (-(2**63), 2**63 - 1)}
_LARGEST = {"real": 3.4028234663852886e38, "float": 1.7976931348623157e308}


class Binder:
    """Binds inputs, keys and outputs; what does not fit goes to `problems`."""

    def __init__(self, model: Model, spec: Spec, target: Target, table: Table | None) -> None:
        self.model, self.spec, self.target = model, spec, target
        self.table = table
        self.exact = {column.name: column for column in table.columns} if table else {}
        self.folded = {column.name.casefold(): column for column in table.columns} if table else {}
        self.problems: list[Finding] = []
        self.inner = {column.name.casefold() for column in (*model.inputs, *model.outputs)}

    def _refuse(self, where: str, message: str, help: str = "correct the spec, or the table") -> None:  # noqa: A002
        self.problems.append(Finding(where, message, help))

    # --- Inputs ---

    def bind_inputs(self) -> tuple[Binding, ...]:
        inputs = self.model.inputs
        if not inputs:
            self._refuse("inputs", "the model has none: nothing in the data can change its score")
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
        return Binding(column, source, sql_type, nulls, said)

    def _wanted(self, where: str, column: Column, limit: int | None) -> str | None:
        """The T-SQL type that the target gives or takes for a column; None, and a problem, where it cannot."""
        if problem := name_problem(column.name):
            self._refuse(where, f"the name {problem}", "`deployer fix` renames it")
            return None
        if column.type not in self.target.types:
            known = ", ".join(self.target.types)
            self._refuse(
                where,
                f"is {column}; {self.target.name} takes {known}",
                "`deployer fix` casts inside the graph where it can",
            )
            return None
        if limit is not None and (column.width is None or column.width > limit):
            wide = "of unknown width" if column.width is None else f"{column.width} columns wide"
            self._refuse(
                where,
                f"is {column}, {wide}; {self.target.name} binds {limit} column to one name",
                "`deployer fix` splits what is wide",
            )
            return None
        return self.target.types[column.type].sql

    def _find(self, where: str, name: str) -> TableColumn | None:
        """The table's column of that name: the very name first, then without regard to case, as T-SQL has it."""
        if self.table is None:
            return TableColumn(name, "")
        found = self.exact.get(name) or self.folded.get(name.casefold())
        if found is None:
            self._refuse(where, f"{self.table.name!r} has no column {name!r}{nearest(name, self.exact)}")
        return found

    def _cast(self, where: str, source: TableColumn, wanted: str, said: SqlTypeName | None) -> SqlTypeName | None:
        """The type of the CAST, with a length for text."""
        if said is not None and said.base != wanted and not {said.base, wanted} <= _TEXT:
            self._refuse(where, f"the spec says type {str(said)!r}, the model takes {wanted!r}")
            return None
        if source.type and source.type not in CASTABLE:
            self._refuse(
                where,
                f"column {source.name!r} is {source.sql}, which cannot become {wanted}",
                "read from a view that makes a number or text of it",
            )
            return None
        if said is not None:
            return said
        if wanted not in _TEXT:
            return SqlTypeName(wanted)
        base = "nvarchar" if source.type in {"nchar", "nvarchar"} else wanted
        length = text_length(source) if source.type else -1
        return SqlTypeName(base, min(length, LONGEST_TEXT[base]) if length > 0 else LONGEST_TEXT[base])

    def _nulls(self, where: str, source: TableColumn, sql_type: SqlTypeName, said: NullPolicy | None) -> NullPolicy:
        if said is not None and said.kind == "keep" and sql_type.base not in _LARGEST:
            self._refuse(
                where,
                f"is {sql_type}: ONNX has NaN for a NULL only in floats; nulls cannot be keep",
                "nulls: refuse, skip row or {use: VALUE}",
            )
        if said is not None and said.kind == "use" and (problem := _value_problem(said.value, sql_type)):
            self._refuse(where, f"nulls: {{use: {shorten(said.value)}}} {problem}")
        if not source.nullable:
            return NullPolicy("keep")
        # What PREDICT makes of a NULL is documented nowhere: without a word of the user's none is sent.
        return said or NullPolicy("refuse")

    # --- Columns that pass through, or choose rows ---

    def bind_keys(self) -> tuple[Key, ...]:
        found = (self._find(f"key {name!r}", name) for name in self.spec.key)
        return tuple(Key(column.name, self.inner_name(column.name, "key")) for column in found if column is not None)

    def bind_watermarks(self, keys: Sequence[Key]) -> tuple[Key, ...]:
        """The columns of the key that are watermarks too, and the others."""
        bound = {key.column: key for key in keys}
        names = dict.fromkeys(self._watermarks())
        found = (self._find(f"watermark {name!r}", name) for name in names)
        return tuple(
            bound.get(column.name) or Key(column.name, self.inner_name(column.name, "watermark"))
            for column in found
            if column is not None
        )

    def bind_choices(self) -> tuple[Choice, ...]:
        return tuple(
            choice
            for entry in self.spec.statements
            if isinstance(entry, ProcedureSpec)
            for name, said in entry.parameters.items()
            if (choice := self._bind_choice(entry, name, said)) is not None
        )

    def _bind_choice(self, entry: ProcedureSpec, name: str, said: ParameterSpec) -> Choice | None:
        where = f"parameter {name!r}"
        source = self._find(where, said.column)
        if source is None:
            return None
        sql_type = said.type
        if sql_type is None and not source.type:
            self._refuse(where, f"the type of column {source.name!r} is not known", "say it: type: TYPE")
            return None
        if sql_type is None:
            try:
                sql_type = parse_column_type(source.sql)
            except ValueError as error:
                self._refuse(where, f"column {source.name!r}: {error}", "say it: type: TYPE")
                return None
        return Choice(entry.procedure, name, source.name, said.operator, sql_type)

    def _watermarks(self) -> Iterator[str]:
        for entry in self.spec.statements:
            if isinstance(entry, (ProcedureSpec, TableSpec)) and entry.watermark is not None:
                yield entry.watermark

    def inner_name(self, name: str, suffix: str) -> str:
        """A name within PREDICT's DATA that no input, output or other column has."""
        return _free_name(name, suffix, self.inner)

    # --- Outputs ---

    def bind_outputs(self) -> tuple[Returned, ...]:
        outputs = {column.name: column for column in self.model.outputs}
        self._refuse_unknown("output", self.spec.outputs, outputs)
        chosen: Sequence[Column] = [outputs[name] for name in self.spec.outputs if name in outputs]
        if not self.spec.outputs:
            chosen = [column for column in outputs.values() if self._returns(column)]
            if not chosen:
                listed = ", ".join(f"{column.name!r} {column}" for column in outputs.values())
                self._refuse(
                    "outputs",
                    f"none can be returned: {listed}",
                    "`deployer fix` splits what is wide and takes maps apart",
                )
        self._refuse_twins("output", [column.name for column in chosen])
        taken = {name.casefold() for name in (*self.spec.key, *self._watermarks())}
        for said in self.spec.outputs.values():
            if said.name is None:
                continue
            if said.name.casefold() in taken:
                self._refuse("outputs", f"result column {said.name!r} is named twice, by outputs, key or watermark")
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
            self._refuse(where, f"the spec says type {str(sql_type)!r}, the model gives {given!r}")
        return Returned(column, said.name or _free_name(column.name, "score", taken), sql_type)

    # --- Names ---

    def _refuse_twins(self, kind: str, names: Sequence[str]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            twin = seen.setdefault(name.casefold(), name)
            if twin != name:
                self._refuse(f"{kind}s", f"{twin!r} and {name!r} differ by case only, which T-SQL does not see")

    def _refuse_unknown(self, kind: str, said: Iterable[str], names: Iterable[str]) -> None:
        known = list(names)
        for name in said:
            if name not in known:
                self._refuse(f"{kind} {name!r}", f"the spec names it, and the model has not{nearest(name, known)}")


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
