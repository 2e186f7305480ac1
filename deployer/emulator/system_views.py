"""INFORMATION_SCHEMA and sys: the catalog views that the emulator knows, over its own tables."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.relations import quote_name
from deployer.emulator.types import BIT, INT, NVARCHAR_MAX, SqlColumn, SqlType

HIDDEN = "the emulator's own\n"
"""The schema of the emulator's own tables. A T-SQL name with a line break is refused, so that none reaches it."""

OWN = quote_name(HIDDEN)
TEMPORARY = f"{HIDDEN}#"
"""How the schemas of `#` tables begin, one for each session."""

SCHEMAS = (
    "SELECT schema_name AS name, CAST(oid AS INTEGER) AS schema_id FROM duckdb_schemas() "
    "WHERE database_name = current_database() AND NOT internal AND strpos(schema_name, chr(10)) = 0"
)
"""DuckDB's SQL: the schemas that T-SQL knows, with their numbers."""

_OBJECTS = f"(SELECT * FROM {OWN}.objects WHERE strpos(schema_name, chr(10)) = 0)"
_COLUMNS = f"(SELECT * FROM {OWN}.columns WHERE strpos(schema_name, chr(10)) = 0)"
"""Without `#` tables, which are not in this database but in tempdb."""

# learn.microsoft.com: sys.types; the precision of numbers is that of sys.columns.
_TYPES: Mapping[str, tuple[int, int, int]] = {
    "bit": (104, 1, 1),
    "tinyint": (48, 1, 3),
    "smallint": (52, 2, 5),
    "int": (56, 4, 10),
    "bigint": (127, 8, 19),
    "real": (59, 4, 24),
    "float": (62, 8, 53),
    "decimal": (106, 17, 38),
    "date": (40, 3, 10),
    "time": (41, 5, 16),
    "datetime": (61, 8, 23),
    "datetime2": (42, 8, 27),
    "smalldatetime": (58, 4, 16),
    "char": (175, 8000, 0),
    "varchar": (167, 8000, 0),
    "nchar": (239, 8000, 0),
    "nvarchar": (231, 8000, 0),
    "binary": (173, 8000, 0),
    "varbinary": (165, 8000, 0),
    "uniqueidentifier": (36, 16, 0),
}
"""Name to number, bytes and precision."""

_TYPE_ROWS = ", ".join(f"('{name}', {', '.join(map(str, row))})" for name, row in _TYPES.items())
_TYPE_TABLE = f"(VALUES {_TYPE_ROWS}) AS y(name, id, bytes, digits)"
_NUMBERS = "('bit', 'tinyint', 'smallint', 'int', 'bigint', 'real', 'float', 'decimal')"

_NAME = SqlType("nvarchar", 128)
_TINYINT, _SMALLINT = SqlType("tinyint"), SqlType("smallint")


def _columns(**types: SqlType) -> tuple[SqlColumn, ...]:
    return tuple(SqlColumn(name, kind) for name, kind in types.items())


_SYS_OBJECTS = _columns(
    name=_NAME, object_id=INT, schema_id=INT, type=SqlType("char", 2), type_desc=SqlType("nvarchar", 60)
)


def _sys_objects(condition: str) -> str:
    return (
        f"SELECT o.name, o.id, s.schema_id, CASE o.kind WHEN 'TABLE' THEN 'U ' WHEN 'VIEW' THEN 'V ' ELSE 'P ' END, "
        "CASE o.kind WHEN 'TABLE' THEN 'USER_TABLE' WHEN 'VIEW' THEN 'VIEW' ELSE 'SQL_STORED_PROCEDURE' END "
        f"FROM {_OBJECTS} AS o JOIN ({SCHEMAS}) AS s ON lower(s.name) = lower(o.schema_name) WHERE {condition}"
    )


SYSTEM_VIEWS: Mapping[tuple[str, str], tuple[tuple[SqlColumn, ...], str]] = {
    ("information_schema", "columns"): (
        _columns(
            TABLE_CATALOG=_NAME,
            TABLE_SCHEMA=_NAME,
            TABLE_NAME=_NAME,
            COLUMN_NAME=_NAME,
            ORDINAL_POSITION=INT,
            IS_NULLABLE=SqlType("varchar", 3),
            DATA_TYPE=_NAME,
            CHARACTER_MAXIMUM_LENGTH=INT,
            NUMERIC_PRECISION=_TINYINT,
            NUMERIC_SCALE=INT,
            DATETIME_PRECISION=_SMALLINT,
        ),
        "SELECT 'emulator', schema_name, table_name, c.name, ordinal, CASE WHEN nullable THEN 'YES' ELSE 'NO' END, "
        f"base, length, CASE WHEN base IN {_NUMBERS} AND base <> 'bit' THEN coalesce(precision, y.digits) END, "
        "CASE WHEN base IN ('tinyint', 'smallint', 'int', 'bigint') THEN 0 WHEN base = 'decimal' THEN scale END, "
        "CASE base WHEN 'date' THEN 0 WHEN 'datetime' THEN 3 WHEN 'smalldatetime' THEN 0 WHEN 'time' THEN scale "
        f"WHEN 'datetime2' THEN scale END FROM {_COLUMNS} AS c JOIN {_TYPE_TABLE} ON y.name = c.base",
    ),
    ("information_schema", "tables"): (
        _columns(TABLE_CATALOG=_NAME, TABLE_SCHEMA=_NAME, TABLE_NAME=_NAME, TABLE_TYPE=SqlType("varchar", 10)),
        "SELECT 'emulator', schema_name, name, CASE WHEN kind = 'VIEW' THEN 'VIEW' ELSE 'BASE TABLE' END "
        f"FROM {_OBJECTS} WHERE kind <> 'PROCEDURE'",
    ),
    ("sys", "schemas"): (_columns(name=_NAME, schema_id=INT), SCHEMAS),
    ("sys", "objects"): (_SYS_OBJECTS, _sys_objects("TRUE")),
    ("sys", "tables"): (_SYS_OBJECTS, _sys_objects("o.kind = 'TABLE'")),
    ("sys", "views"): (_SYS_OBJECTS, _sys_objects("o.kind = 'VIEW'")),
    ("sys", "procedures"): (_SYS_OBJECTS, _sys_objects("o.kind = 'PROCEDURE'")),
    ("sys", "columns"): (
        _columns(
            object_id=INT,
            name=_NAME,
            column_id=INT,
            system_type_id=_TINYINT,
            user_type_id=INT,
            max_length=_SMALLINT,
            precision=_TINYINT,
            scale=_TINYINT,
            is_nullable=BIT,
        ),
        "SELECT o.id, c.name, c.ordinal, y.id, y.id, CASE WHEN length = -1 THEN -1 WHEN base IN ('nchar', 'nvarchar') "
        "THEN 2 * length WHEN base = 'decimal' THEN CASE WHEN precision <= 9 THEN 5 WHEN precision <= 19 THEN 9 WHEN "
        "precision <= 28 THEN 13 ELSE 17 END WHEN base IN ('time', 'datetime2') THEN y.bytes - CASE WHEN scale <= 2 "
        "THEN 2 WHEN scale <= 4 THEN 1 ELSE 0 END ELSE coalesce(length, y.bytes) END, CASE WHEN base IN ('time', "
        "'datetime2') THEN y.digits - 7 + scale - CASE WHEN scale = 0 THEN 1 ELSE 0 END ELSE coalesce(precision, "
        "y.digits) END, CASE WHEN base = 'datetime' THEN 3 ELSE coalesce(scale, 0) END, c.nullable "
        f"FROM {_COLUMNS} AS c JOIN {_OBJECTS} AS o "
        f"ON o.schema_name = c.schema_name AND o.name = c.table_name JOIN {_TYPE_TABLE} ON y.name = c.base",
    ),
    ("sys", "types"): (
        _columns(name=_NAME, system_type_id=_TINYINT, user_type_id=INT, max_length=_SMALLINT),
        f"SELECT name, id, id, bytes FROM {_TYPE_TABLE}",
    ),
    ("sys", "sql_modules"): (
        _columns(object_id=INT, definition=NVARCHAR_MAX),
        f"SELECT id, definition FROM {_OBJECTS} WHERE kind <> 'TABLE'",
    ),
}
"""The columns of each view, and DuckDB's SQL that gives them in this order."""
