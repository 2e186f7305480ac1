"""`draft_spec`: a first spec for a model and a table, its mapping filled in, a comment where a person must decide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deployer.casts import Effect
from deployer.contract import Binding, check_columns
from deployer.model import Model
from deployer.names import LONGEST_TEXT, ObjectName, nearest
from deployer.spec import NullPolicy, Spec
from deployer.table import Table, TableColumn
from deployer.target import Target

_MODELS_TABLE = "ml.models"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a first spec is made from. `model_uri` and `schema` are written into it as they are."""

    model: Model
    model_uri: str
    target: Target
    data: ObjectName
    table: Table
    schema: str = ""
    columns: tuple[str, ...] = ()
    """Names that were given for the columns of a wide input."""
    limits: Mapping[str, int] = field(default_factory=dict)


def draft_spec(draft: Draft) -> str:
    """The spec as YAML. Where nothing has to be decided it is complete; `# decide:` marks what has."""
    mapping = {column.name: _find(column.name, draft.table) for column in draft.model.inputs}
    key = _find_key(draft.table, [found for found in mapping.values() if found])
    lines = [f"model: {_quote(draft.model_uri)}", f"target: {draft.target.name}"]
    lines += [f"wide: [{', '.join(map(_quote, draft.columns))}]"] if draft.columns else []
    lines += (
        [f"limits: {{{', '.join(f'{name}: {value}' for name, value in draft.limits.items())}}}"] if draft.limits else []
    )
    lines += [f"models_table: {_MODELS_TABLE}", f"data: {_quote(_write_name(draft.data))}"]
    lines += [f"schema: {_quote(draft.schema)}"] if draft.schema else []
    if key:
        lines += [f"key: [{_quote(key.name)}]  # decide: does it tell the rows apart?"]
    else:
        lines += ["key: []  # decide: which columns tell the rows apart?"]
    spec = Spec.model_validate(
        {
            "model": draft.model_uri,
            "target": draft.target.name,
            "models_table": _MODELS_TABLE,
            "data": draft.data,
            "key": [key.name if key else draft.table.columns[0].name],
            "columns": {name: {"from": found.name} for name, found in mapping.items() if found and found.name != name},
        }
    )
    contract, _ = check_columns(draft.model, spec, draft.target, draft.table)
    bound = {binding.input.name: binding for binding in contract.bindings}
    entries = [line for name, found in mapping.items() for line in _describe(name, found, bound.get(name), draft.table)]
    lines += ["columns:", *entries] if any(not line.lstrip().startswith("#") for line in entries) else entries
    listed = ", ".join(output.output.name for output in contract.outputs) or "none"
    lines += [f"# outputs, all of them without a word here: {_comment(listed)}"]
    view = re.sub(r"\W+", "_", draft.model.name).strip("_") or "model"
    return "\n".join([*lines, "statements:", f"  - view: {_quote(f'ml.{view}_scores')}", ""])


def _find(name: str, table: Table) -> TableColumn | None:
    """The column of that name, or of its letters and digits alone: `fareAmount` is `fare_amount`. None for several."""
    for fold in (str, str.casefold, _letters):
        found = [column for column in table.columns if fold(column.name) == fold(name)]
        if len(found) == 1:
            return found[0]
    return None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _find_key(table: Table, taken: list[TableColumn]) -> TableColumn | None:
    """A column that feeds no input, takes no NULL and is called an id, a key or a number; the first such."""
    free = [column for column in table.columns if column not in taken and not column.nullable]
    named = [column for column in free if re.search(r"(id|key|no|number)$", column.name, re.IGNORECASE)]
    return next(iter(named or free), None)


def _describe(name: str, found: TableColumn | None, binding: Binding | None, table: Table) -> Iterator[str]:
    """The entry of one input, empty where nothing need be said; comments stand above it."""
    if found is None:
        near = nearest(name, [column.name for column in table.columns]).lstrip("; ")
        yield f"  # decide: no column is called {_comment(name)}; {_comment(near)}"
        yield f"  # {_comment(_quote(name))}: {{from: COLUMN}}"
        return
    said: dict[str, str] = {} if found.name == name else {"from": _quote(found.name)}
    cast = binding.cast if binding else None
    if binding is None:
        yield f"  # decide: column {_comment(found.name)} is {found.sql}, which this input cannot take"
    elif cast is not None and cast.effect in {Effect.CUTTING, Effect.ROUNDING}:
        yield f"  # decide: {found.sql} as {binding.sql_type}: {cast.why}; type: {binding.sql_type} accepts it"
        if cast.effect is Effect.ROUNDING:
            said["type"] = str(binding.sql_type)
    if binding is not None and found.nullable:
        said["nulls"] = "refuse"
        yield f"  # decide: {_comment(found.name)} may hold NULL: {_policies(binding)}"
    if said:
        yield f"  {_quote(name)}: {{{', '.join(f'{key}: {value}' for key, value in said.items())}}}"


def _policies(binding: Binding) -> str:
    use = "'text'" if binding.sql_type.base in LONGEST_TEXT else "0"
    kept = [NullPolicy("keep").kind] if binding.sql_type.base in {"real", "float"} else []
    return ", ".join(["refuse", "skip row", f"{{use: {use}}}", *kept])


def _write_name(name: ObjectName) -> str:
    if all(re.fullmatch(r"\w+", part) for part in (name.schema, name.name)):
        return str(name)
    return ".".join(f"[{part.replace(']', ']]')}]" for part in (name.schema, name.name))


def _quote(text: str) -> str:
    """A YAML scalar: plain where that is safe, else as JSON writes it."""
    plain = re.fullmatch(r"[A-Za-z_./][\w./:@-]*", text) and text.lower() not in {
        "y", "n", "yes", "no", "on", "off", "true", "false", "null",
    }  # fmt: skip
    return text if plain and not text.endswith(":") else json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", " ", text)
