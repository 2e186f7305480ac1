"""INFORMATION_SCHEMA and sys: the catalog views that the emulator knows, over its own tables."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.permissions import PERMISSIONS
from deployer.emulator.relations import quote_name
from deployer.emulator.types import BIT, INT, NVARCHAR_MAX, SqlColumn, SqlType

HIDDEN = "the emulator's own\n"
"""The schema of the emulator's own tables. A T-SQL name with a line break is refused, so that none reaches it."""

OWN = quote_name(HIDDEN)
TEMPORARY = f"{HIDDEN}#"
"""How the schemas of `#` tables begin, one for each session."""

NOW = "CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)"
"""DuckDB's SQL: the time in UTC, which the pool's clock shows."""

SCHEMAS = (
    "SELECT schema_name AS name, CAST(oid AS INTEGER) AS schema_id FROM duckdb_schemas() "
    "WHERE database_name = current_database() AND NOT internal AND strpos(schema_name, chr(10)) = 0"
)
"""DuckDB's SQL: the schemas that T-SQL knows, with their numbers."""

_OBJECTS = f"(SELECT * FROM {OWN}.objects WHERE strpos(schema_name, chr(10)) = 0)"
_COLUMNS = (
    f"(SELECT c.*, o.schema_name, o.name AS table_name FROM {OWN}.columns AS c JOIN {_OBJECTS} AS o "
    "ON o.id = c.object_id)"
)
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
    "money": (60, 8, 19),
    "smallmoney": (122, 4, 10),
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

FIXED_ROLES: Mapping[str, int] = {
    "public": 0,
    "db_owner": 16384,
    "db_accessadmin": 16385,
    "db_securityadmin": 16386,
    "db_ddladmin": 16387,
    "db_backupoperator": 16389,
    "db_datareader": 16390,
    "db_datawriter": 16391,
    "db_denydatareader": 16392,
    "db_denydatawriter": 16393,
}
"""Roles that every database has, with their numbers (learn.microsoft.com: database-level roles)."""

RESOURCE_CLASSES = (
    *("mediumrc", "largerc", "xlargerc"),
    *(f"staticrc{size}0" for size in range(1, 9)),
)
"""The pool's roles that give a query more memory (learn.microsoft.com: workload management with resource classes)."""

_ROLE_ROWS = ", ".join(
    f"({number}, '{name}', 'R', '{kind}', NULL, {fixed})"
    for number, name, kind, fixed in [
        *((number, name, "DATABASE_ROLE", name != "public") for name, number in FIXED_ROLES.items()),
        *((16400 + at, name, "DATABASE_ROLE", False) for at, name in enumerate(RESOURCE_CLASSES)),
    ]
)
_PRINCIPALS = (
    f"(SELECT * FROM (VALUES {_ROLE_ROWS}, (1, 'dbo', 'S', 'SQL_USER', 'dbo', FALSE), "
    "(2, 'guest', 'S', 'SQL_USER', 'guest', FALSE)) AS p(id, name, type, type_desc, schema_name, fixed) UNION ALL "
    "SELECT id, name, CASE WHEN kind = 'ROLE' THEN 'R' WHEN external THEN 'E' ELSE 'S' END, CASE WHEN kind = 'ROLE' "
    "THEN 'DATABASE_ROLE' WHEN external THEN 'EXTERNAL_USER' ELSE 'SQL_USER' END, CASE WHEN kind = 'USER' THEN "
    f"default_schema END, FALSE FROM {OWN}.principals WHERE kind <> 'LOGIN')"
)
"""DuckDB's SQL: roles and users, those that every database has and those that were made."""

_PERMISSION_TYPES = " ".join(f"WHEN '{name}' THEN '{kind}'" for name, kind in PERMISSIONS.items())

_TYPE_ROWS = ", ".join(f"('{name}', {', '.join(map(str, row))})" for name, row in _TYPES.items())
_TYPE_TABLE = f"(VALUES {_TYPE_ROWS}) AS y(name, id, bytes, digits)"
_NUMBERS = "('bit', 'tinyint', 'smallint', 'int', 'bigint', 'real', 'float', 'decimal', 'money', 'smallmoney')"

_NAME = SqlType("nvarchar", 128)
_TINYINT, _SMALLINT = SqlType("tinyint"), SqlType("smallint")


def _columns(reserved: Mapping[str, SqlType] | None = None, /, **types: SqlType) -> tuple[SqlColumn, ...]:
    """The columns of a view by their names; `reserved` are those whose names are words of Python's."""
    return tuple(SqlColumn(name, kind) for name, kind in {**(reserved or {}), **types}.items())


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
        "CASE WHEN base IN ('tinyint', 'smallint', 'int', 'bigint') THEN 0 WHEN base = 'decimal' THEN scale "
        "WHEN base IN ('money', 'smallmoney') THEN 4 END, "
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
        "SELECT c.object_id, c.name, c.ordinal, y.id, y.id, CASE WHEN length = -1 THEN -1 WHEN base IN ('nchar', "
        "'nvarchar') THEN 2 * length WHEN base = 'decimal' THEN CASE WHEN precision <= 9 THEN 5 WHEN precision <= 19 "
        "THEN 9 WHEN precision <= 28 THEN 13 ELSE 17 END WHEN base IN ('time', 'datetime2') THEN y.bytes "
        "- CASE WHEN scale <= 2 THEN 2 WHEN scale <= 4 THEN 1 ELSE 0 END ELSE coalesce(length, y.bytes) END, "
        "CASE WHEN base IN ('time', 'datetime2') THEN y.digits - 7 + scale - CASE WHEN scale = 0 THEN 1 ELSE 0 END "
        "ELSE coalesce(precision, "
        "y.digits) END, CASE WHEN base = 'datetime' THEN 3 ELSE coalesce(scale, 0) END, c.nullable "
        f"FROM {_COLUMNS} AS c JOIN {_TYPE_TABLE} ON y.name = c.base",
    ),
    ("sys", "types"): (
        _columns(name=_NAME, system_type_id=_TINYINT, user_type_id=INT, max_length=_SMALLINT),
        f"SELECT name, id, id, bytes FROM {_TYPE_TABLE}",
    ),
    ("sys", "database_principals"): (
        _columns(
            name=_NAME,
            principal_id=INT,
            type=SqlType("char", 1),
            type_desc=SqlType("nvarchar", 60),
            default_schema_name=_NAME,
            is_fixed_role=BIT,
        ),
        f"SELECT name, id, type, type_desc, schema_name, fixed FROM {_PRINCIPALS}",
    ),
    ("sys", "database_role_members"): (
        _columns(role_principal_id=INT, member_principal_id=INT),
        f"SELECT r.id, m.id FROM {OWN}.members AS x JOIN {_PRINCIPALS} AS r ON lower(r.name) = lower(x.role) "
        f"JOIN {_PRINCIPALS} AS m ON lower(m.name) = lower(x.member)",
    ),
    ("sys", "database_permissions"): (
        _columns(
            {"class": _TINYINT},
            class_desc=SqlType("nvarchar", 60),
            major_id=INT,
            minor_id=INT,
            grantee_principal_id=INT,
            grantor_principal_id=INT,
            type=SqlType("char", 4),
            permission_name=_NAME,
            state=SqlType("char", 1),
            state_desc=SqlType("nvarchar", 60),
        ),
        "SELECT CASE x.class WHEN 'DATABASE' THEN 0 WHEN 'OBJECT' THEN 1 WHEN 'SCHEMA' THEN 3 ELSE 4 END, "
        "CASE x.class WHEN 'OBJECT' THEN 'OBJECT_OR_COLUMN' WHEN 'ROLE' THEN 'DATABASE_PRINCIPAL' WHEN 'USER' THEN "
        "'DATABASE_PRINCIPAL' ELSE x.class END, CASE x.class WHEN 'OBJECT' THEN x.object_id WHEN 'SCHEMA' THEN "
        "s.schema_id WHEN 'DATABASE' THEN 0 ELSE q.id END, coalesce(c.ordinal, 0), p.id, 1, "
        f"rpad(CASE x.permission {_PERMISSION_TYPES} END, 4, ' '), x.permission, x.state, "
        "CASE x.state WHEN 'G' THEN 'GRANT' WHEN 'D' THEN 'DENY' ELSE "
        f"'GRANT_WITH_GRANT_OPTION' END FROM {OWN}.permissions AS x JOIN {_PRINCIPALS} AS p "
        f"ON lower(p.name) = lower(x.principal) LEFT JOIN ({SCHEMAS}) AS s ON lower(s.name) = lower(x.name) "
        f"LEFT JOIN {_PRINCIPALS} AS q ON lower(q.name) = lower(x.name) LEFT JOIN {OWN}.columns AS c "
        "ON c.object_id = x.object_id AND lower(c.name) = lower(x.column_name)",
    ),
    ("sys", "sql_modules"): (
        _columns(object_id=INT, definition=NVARCHAR_MAX),
        f"SELECT id, definition FROM {_OBJECTS} WHERE kind <> 'TABLE'",
    ),
}
"""The columns of each view, and DuckDB's SQL that gives them in this order."""
