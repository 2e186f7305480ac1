"""The values that a spec is made of, each read from YAML by a function that says what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainValidator

from deployer.names import (
    ObjectName,
    SqlTypeName,
    name_problem,
    nearest,
    parse_column_type,
    parse_name,
    parse_type,
    shorten,
)
from deployer.target import limit_names


class Part(BaseModel):
    """Keys and values of one place in the file; any other key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @classmethod
    def keys(cls) -> list[str]:
        """The keys as they are written in the file."""
        return [field.alias or name for name, field in cls.model_fields.items()]


@dataclass(frozen=True, slots=True)
class NullPolicy:
    """What becomes of a NULL on its way into an input. `value` is set for `use` only.

    `keep` hands it to the engine (ONNX has NaN for floats and nothing for the rest), `refuse` stops before scoring,
    `skip row` leaves the row out, `use` puts a value in its place.
    """

    kind: Literal["keep", "refuse", "skip row", "use"]
    value: int | float | str | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a table's rows lie on the pool's nodes. `column` is set for `hash` only."""

    kind: Literal["round_robin", "replicate", "hash"] = "round_robin"
    column: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """How a table keeps its rows. `columns` are set for `clustered` only."""

    kind: Literal["heap", "columnstore", "clustered"] = "heap"
    columns: tuple[str, ...] = ()


def _parse_nulls(value: object) -> NullPolicy:
    match value:
        case NullPolicy():
            return value
        case "keep" | "refuse" | "skip row":
            return NullPolicy(value)
        case {"use": int() | float() | str() as use, **rest} if not rest and not isinstance(use, bool):
            return NullPolicy("use", use)
    raise ValueError(f"{shorten(value)} is no way to treat NULL; expected keep, refuse, skip row or {{use: VALUE}}")


def _parse_distribution(value: object) -> Distribution:
    match value:
        case Distribution():
            return value
        case "round_robin" | "replicate":
            return Distribution(value)
        case {"hash": str(column), **rest} if not rest:
            return Distribution("hash", check_name(column))
    raise ValueError(f"{shorten(value)} is no distribution; expected round_robin, replicate or {{hash: COLUMN}}")


def _parse_index(value: object) -> Index:
    match value:
        case Index():
            return value
        case "heap" | "columnstore":
            return Index(value)
        case {"clustered": [str(), *_] as columns, **rest} if not rest and all(isinstance(c, str) for c in columns):
            return Index("clustered", check_distinct(tuple(check_name(column) for column in columns)))
    raise ValueError(f"{shorten(value)} is no index; expected heap, columnstore or {{clustered: [COLUMN, …]}}")


def check_name(name: str) -> str:
    if problem := name_problem(name):
        raise ValueError(f"name {shorten(name)} {problem}")
    return name


def check_distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    folded = [name.casefold() for name in names]
    for name in names:
        if folded.count(name.casefold()) > 1:
            raise ValueError(f"{name!r} is named twice (T-SQL does not mind case)")
    return names


def check_limit(name: str) -> str:
    if name not in limit_names():
        raise ValueError(f"unknown limit {name!r}{nearest(name, limit_names())}")
    return name


def _check_parameter(name: str) -> str:
    # A parameter's name stands in no brackets, so it has to do without.
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name) or name.lower().startswith("deployer_"):
        raise ValueError(
            f"{shorten(name)} is no name of a parameter; expected a letter, then letters, digits or _, up to 100, and "
            "not deployer_ at its beginning"
        )
    return name


def _parse_table(value: object) -> ObjectName:
    if isinstance(value, ObjectName):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{shorten(value)} is not a name; expected table, schema.table or [schema].[table]")  # noqa: TRY004 - pydantic collects ValueError
    return parse_name(value)


def _parse_type(value: object) -> SqlTypeName:
    return value if isinstance(value, SqlTypeName) else parse_type(value if isinstance(value, str) else repr(value))


def _parse_column_type(value: object) -> SqlTypeName:
    return (
        value if isinstance(value, SqlTypeName) else parse_column_type(value if isinstance(value, str) else repr(value))
    )


def as_tuple(value: object) -> object:
    """A list of YAML's as pydantic's strict tuples want it."""
    return tuple(value) if isinstance(value, list) else value


def check_alias(alias: str) -> str:
    if not alias.strip() or not alias.isprintable() or len(alias.encode("utf-16-le", "surrogatepass")) // 2 > 128:
        raise ValueError(f"alias {shorten(alias)} is empty, longer than 128 characters, or not printable")
    return alias


Alias = Annotated[str, AfterValidator(check_alias)]
ColumnName = Annotated[str, AfterValidator(check_name)]
ParameterName = Annotated[str, AfterValidator(_check_parameter)]
Names = Annotated[tuple[ColumnName, ...], BeforeValidator(as_tuple), AfterValidator(check_distinct)]
TableName = Annotated[ObjectName, PlainValidator(_parse_table)]
# A key that stands there without a value is refused, though the key may be absent: the validators see None.
OptionalName = Annotated[ObjectName | None, PlainValidator(_parse_table)]
OptionalType = Annotated[SqlTypeName | None, PlainValidator(_parse_type)]
OptionalColumnType = Annotated[SqlTypeName | None, PlainValidator(_parse_column_type)]
OptionalNulls = Annotated[NullPolicy | None, PlainValidator(_parse_nulls)]
Distributed = Annotated[Distribution, PlainValidator(_parse_distribution)]
Indexed = Annotated[Index, PlainValidator(_parse_index)]
