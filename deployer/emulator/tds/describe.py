"""sp_describe_first_result_set and sp_describe_undeclared_parameters: what a statement gives and takes, told without
running it. Drivers ask for the one before a prepared statement runs, for the other when they must bind a NULL.

The columns of both results are those of learn.microsoft.com's pages of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from deployer.emulator import statements as st
from deployer.emulator.errors import ProgrammingError
from deployer.emulator.frames import Frame
from deployer.emulator.grammar import parse_batch
from deployer.emulator.own_tables import TYPES
from deployer.emulator.relations import View
from deployer.emulator.session import Session
from deployer.emulator.sources import table_name
from deployer.emulator.store import insert_columns
from deployer.emulator.syntax import ObjectName
from deployer.emulator.tds.type_info import COLLATION, describe_type
from deployer.emulator.translate import Translator
from deployer.emulator.types import BIT, INT, MAX, SqlColumn, SqlType

_NAME, _TYPE_NAME, _LONG = SqlType("nvarchar", 128), SqlType("nvarchar", 256), SqlType("nvarchar", 4000)
_SMALLINT, _TINYINT = SqlType("smallint"), SqlType("tinyint")


def _columns(**kinds: SqlType) -> tuple[SqlColumn, ...]:
    return tuple(SqlColumn(name, kind) for name, kind in kinds.items())


RESULT_COLUMNS = _columns(
    is_hidden=BIT,
    column_ordinal=INT,
    name=_NAME,
    is_nullable=BIT,
    system_type_id=INT,
    system_type_name=_TYPE_NAME,
    max_length=_SMALLINT,
    precision=_TINYINT,
    scale=_TINYINT,
    collation_name=_NAME,
    user_type_id=INT,
    user_type_database=_NAME,
    user_type_schema=_NAME,
    user_type_name=_NAME,
    assembly_qualified_type_name=_LONG,
    xml_collection_id=INT,
    xml_collection_database=_NAME,
    xml_collection_schema=_NAME,
    xml_collection_name=_NAME,
    is_xml_document=BIT,
    is_case_sensitive=BIT,
    is_fixed_length_clr_type=BIT,
    source_server=_NAME,
    source_database=_NAME,
    source_schema=_NAME,
    source_table=_NAME,
    source_column=_NAME,
    is_identity_column=BIT,
    is_part_of_unique_key=BIT,
    is_updateable=BIT,
    is_computed_column=BIT,
    is_sparse_column_set=BIT,
    ordinal_in_order_by_list=_SMALLINT,
    order_by_is_descending=_SMALLINT,
    order_by_list_length=_SMALLINT,
    tds_type_id=INT,
    tds_length=INT,
    tds_collation_id=INT,
    tds_collation_sort_id=_TINYINT,
)
PARAMETER_COLUMNS = _columns(
    parameter_ordinal=INT,
    name=_NAME,
    suggested_system_type_id=INT,
    suggested_system_type_name=_TYPE_NAME,
    suggested_max_length=_SMALLINT,
    suggested_precision=_TINYINT,
    suggested_scale=_TINYINT,
    suggested_user_type_id=INT,
    suggested_user_type_database=_NAME,
    suggested_user_type_schema=_NAME,
    suggested_user_type_name=_NAME,
    suggested_assembly_qualified_type_name=_LONG,
    suggested_xml_collection_id=INT,
    suggested_xml_collection_database=_NAME,
    suggested_xml_collection_schema=_NAME,
    suggested_xml_collection_name=_NAME,
    suggested_is_xml_document=BIT,
    suggested_is_case_sensitive=BIT,
    suggested_is_fixed_length_clr_type=BIT,
    suggested_is_input=BIT,
    suggested_is_output=BIT,
    formal_parameter_name=_NAME,
    suggested_tds_type_id=INT,
    suggested_tds_length=INT,
)

Rows = list[tuple[object, ...]]


def first_result(session: Session, sql: str, declared: Mapping[str, SqlType]) -> Rows:
    """A row for each column of the first query of a batch; none where it has no query."""
    session.frames = [Frame({name: (None, kind) for name, kind in declared.items()})]
    for statement in _walk(parse_batch(sql)):
        if isinstance(statement, st.Declare):
            session.frames[0].variables |= {name: (None, kind) for name, kind, _ in statement.variables}
        if isinstance(statement, st.Query) and statement.query.args.get("into") is None:
            columns = [column for _, column in Translator(session).query(statement.query).columns]
            return [_fit(RESULT_COLUMNS, _describe(column, at)) for at, column in enumerate(columns, start=1)]
    return []


def _walk(statements: Sequence[st.Statement]) -> Iterator[st.Statement]:
    for statement in statements:
        if isinstance(statement, st.Block):
            yield from _walk(statement.body)
        else:
            yield statement


def _fit(columns: Sequence[SqlColumn], values: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(values.get(column.name) for column in columns)


def _describe(column: SqlColumn, ordinal: int) -> dict[str, object]:
    kind = column.type
    told = {
        "is_hidden": False,
        "column_ordinal": ordinal,
        "name": column.name or None,
        "is_nullable": column.nullable,
        "collation_name": "SQL_Latin1_General_CP1_CI_AS" if kind.is_text else None,
        "tds_collation_id": int.from_bytes(COLLATION[:4], "little") if kind.is_text else None,
        "tds_collation_sort_id": COLLATION[4] if kind.is_text else None,
        **dict.fromkeys(_NEVER, False),
    }
    return told | _describe_type(kind)


_NEVER = (
    "is_xml_document",
    "is_case_sensitive",
    "is_fixed_length_clr_type",
    "is_identity_column",
    "is_updateable",
    "is_computed_column",
    "is_sparse_column_set",
)


def _describe_type(kind: SqlType) -> dict[str, object]:
    number, size, precision, _ = TYPES[kind.base]
    units = 2 if kind.is_national else 1
    length = kind.length
    most = size if length is None else -1 if length == MAX else units * length
    wire = describe_type(kind)
    return {
        "system_type_id": number,
        "system_type_name": str(kind),
        "max_length": most,
        "precision": kind.precision or precision,
        "scale": kind.scale or 0,
        "tds_type_id": wire[0],
        "tds_length": 0xFFFF if most == -1 else most,
    }


def undeclared_parameters(session: Session, sql: str) -> Rows:
    """A row for each variable that a statement uses and nobody declares.

    Its type is that of the column that it is written to, or compared with. Raises `ProgrammingError` where a variable
    meets no column, as the server does where it cannot tell.
    """
    found: dict[str, SqlType] = {}
    names: list[str] = []
    for statement in parse_batch(sql):
        for node in _trees(statement):
            names += [f"@{parameter.name}" for parameter in node.find_all(exp.Parameter)]
        found |= dict(_written(session, statement))
        for node in _trees(statement):
            found |= dict(_compared(session, statement, node))
    rows = []
    for ordinal, name in enumerate(dict.fromkeys(names), start=1):
        if name.lower() not in found:
            raise ProgrammingError(f"The parameter type cannot be deduced: nothing tells the type of '{name}'.", 11520)
        told = {f"suggested_{key}": value for key, value in _describe_type(found[name.lower()]).items()}
        no = {f"suggested_{key}": False for key in (*_NEVER[:3], "is_output")}
        told |= no | {"parameter_ordinal": ordinal, "name": name, "suggested_is_input": True}
        rows.append(_fit(PARAMETER_COLUMNS, told))
    return rows


def _trees(statement: st.Statement) -> list[exp.Expr]:
    if isinstance(statement, (st.Query, st.Insert)):
        return [statement.query]
    if isinstance(statement, st.Update):
        return [*(value for _, value in statement.values), statement.source]
    return [statement.source] if isinstance(statement, st.Delete) else []


def _written(session: Session, statement: st.Statement) -> Iterator[tuple[str, SqlType]]:
    if isinstance(statement, st.Insert):
        chosen = insert_columns(session.catalog.columns(statement.name), statement.columns)
        pairs = zip(chosen, statement.query.expressions, strict=False)
    elif isinstance(statement, st.Update):
        chosen = insert_columns(session.catalog.columns(statement.name), tuple(name for name, _ in statement.values))
        pairs = zip(chosen, [value for _, value in statement.values], strict=True)
    else:
        return
    for column, value in pairs:
        if isinstance(value.unalias(), exp.Parameter):
            yield f"@{value.unalias().name}".lower(), column.type


def _compared(session: Session, statement: st.Statement, node: exp.Expr) -> Iterator[tuple[str, SqlType]]:
    """Of `column = @variable` and its kin, with the columns of all tables that the statement names."""
    names = [table_name(table) for table in node.find_all(exp.Table)]
    if isinstance(statement, (st.Update, st.Delete)):
        names.append(statement.name)
    kinds = {column.name.lower(): column.type for name in names for column in _columns_of(session, name)}
    for comparison in node.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like):
        for one, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
            if isinstance(one, exp.Column) and isinstance(other, exp.Parameter) and one.name.lower() in kinds:
                yield f"@{other.name}".lower(), kinds[one.name.lower()]


def _columns_of(session: Session, name: ObjectName) -> tuple[SqlColumn, ...]:
    found = session.find_object(name)
    return found.columns if isinstance(found, View) else tuple(column for _, column in found.columns)
