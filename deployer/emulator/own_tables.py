"""The emulator's own tables, of which the catalog views are made: DuckDB's SQL for what the views share."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.collations import DEFAULT
from deployer.emulator.relations import quote_name

HIDDEN = "the emulator's own\n"
"""The schema of the emulator's own tables. A T-SQL name with a line break is refused, so that none reaches it."""

OWN = quote_name(HIDDEN)
TEMPORARY = f"{HIDDEN}#"
"""How the schemas of `#` tables begin, one for each session."""

NOW = "CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)"
"""The time in UTC, which the pool's clock shows."""

SCHEMAS = (
    "SELECT schema_name AS name, CASE WHEN lower(schema_name) = 'dbo' THEN 1 ELSE CAST(4 + oid AS INTEGER) END AS "
    "schema_id FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal "
    "AND strpos(schema_name, chr(10)) = 0"
)
"""The schemas that T-SQL can fill, with their numbers."""

ALL_SCHEMAS = (
    f"{SCHEMAS} UNION ALL SELECT * FROM (VALUES ('guest', 2), ('INFORMATION_SCHEMA', 3), ('sys', 4)) AS f(name, id)"
)

_KINDS = "CASE o.kind WHEN 'TABLE' THEN {} WHEN 'VIEW' THEN {} ELSE {} END"
TYPE = _KINDS.format("'U '", "'V '", "'P '")
TYPE_DESC = _KINDS.format("'USER_TABLE'", "'VIEW'", "'SQL_STORED_PROCEDURE'")

OBJECTS = (
    f"(SELECT o.*, s.schema_id, {TYPE} AS type, {TYPE_DESC} AS type_desc FROM {OWN}.objects AS o "
    f"JOIN ({SCHEMAS}) AS s ON lower(s.name) = lower(o.schema_name))"
)
"""Tables, views and procedures; without `#` tables, which are not in this database but in tempdb."""

# learn.microsoft.com: sys.types; the precision of numbers is that of sys.columns.
TYPES: Mapping[str, tuple[int, int, int, int]] = {
    "bit": (104, 1, 1, 0),
    "tinyint": (48, 1, 3, 0),
    "smallint": (52, 2, 5, 0),
    "int": (56, 4, 10, 0),
    "bigint": (127, 8, 19, 0),
    "real": (59, 4, 24, 0),
    "float": (62, 8, 53, 0),
    "decimal": (106, 17, 38, 38),
    "money": (60, 8, 19, 4),
    "smallmoney": (122, 4, 10, 4),
    "date": (40, 3, 10, 0),
    "time": (41, 5, 16, 7),
    "datetime": (61, 8, 23, 3),
    "datetime2": (42, 8, 27, 7),
    "smalldatetime": (58, 4, 16, 0),
    "char": (175, 8000, 0, 0),
    "varchar": (167, 8000, 0, 0),
    "nchar": (239, 8000, 0, 0),
    "nvarchar": (231, 8000, 0, 0),
    "binary": (173, 8000, 0, 0),
    "varbinary": (165, 8000, 0, 0),
    "uniqueidentifier": (36, 16, 0, 0),
}
"""Name to number, bytes, precision and scale."""

_TYPE_ROWS = ", ".join(f"('{name}', {', '.join(map(str, row))})" for name, row in TYPES.items())
TYPE_TABLE = f"(VALUES {_TYPE_ROWS}) AS y(name, id, bytes, digits, places)"
TEXT_TYPES = "('char', 'varchar', 'nchar', 'nvarchar')"
MOMENT_TYPES = "('time', 'datetime2')"

MAX_LENGTH = (
    "CASE WHEN c.length = -1 THEN -1 WHEN c.base IN ('nchar', 'nvarchar') THEN 2 * c.length "
    "WHEN c.base = 'decimal' THEN CASE WHEN c.precision <= 9 THEN 5 WHEN c.precision <= 19 THEN 9 "
    f"WHEN c.precision <= 28 THEN 13 ELSE 17 END WHEN c.base IN {MOMENT_TYPES} THEN y.bytes - CASE WHEN c.scale <= 2 "
    "THEN 2 WHEN c.scale <= 4 THEN 1 ELSE 0 END ELSE coalesce(c.length, y.bytes) END"
)
PRECISION = (
    f"CASE WHEN c.base IN {MOMENT_TYPES} THEN y.digits - 7 + c.scale - CASE WHEN c.scale = 0 THEN 1 ELSE 0 END "
    "ELSE coalesce(c.precision, y.digits) END"
)
SCALE = "CASE WHEN c.base = 'decimal' THEN c.scale ELSE coalesce(c.scale, y.places) END"
COLLATION = (
    f"CASE WHEN c.base IN {TEXT_TYPES} THEN coalesce(nullif(split_part(c.type, ' COLLATE ', 2), ''), '{DEFAULT}') END"
)
"""What sys.columns says of a column or parameter `c`, of the type `y`."""

COLUMNS = (
    f"(SELECT c.*, o.schema_name, o.schema_id, o.name AS table_name, o.kind, y.id AS type_id, {MAX_LENGTH} AS "
    "max_length, "
    f"{PRECISION} AS digits, {SCALE} AS places, {COLLATION} AS collation_name, "
    "CASE WHEN c.default_text IS NOT NULL THEN CAST((CAST(o.id AS BIGINT) * 31 + c.ordinal) % 2147483647 AS INTEGER) "
    f"ELSE 0 END AS default_id FROM {OWN}.columns AS c JOIN {OBJECTS} AS o ON o.id = c.object_id "
    f"JOIN {TYPE_TABLE} ON y.name = c.base)"
)

PARAMETERS = (
    f"(SELECT c.*, o.schema_name, o.name AS routine_name, y.id AS type_id, {MAX_LENGTH} AS max_length, "
    f"{PRECISION} AS digits, {SCALE} AS places, {COLLATION} AS collation_name FROM {OWN}.parameters AS c "
    f"JOIN {OBJECTS} AS o ON o.id = c.object_id JOIN {TYPE_TABLE} ON y.name = c.base)"
)

KEYS = (
    f"(SELECT k.*, o.schema_name, o.schema_id, o.name AS table_name FROM {OWN}.keys AS k JOIN {OBJECTS} AS o "
    "ON o.id = k.object_id)"
)
"""PRIMARY KEY and UNIQUE, one row a column."""

_CLUSTERED = (
    "SELECT o.id AS object_id, CASE WHEN o.index_kind <> 'HEAP' THEN coalesce((SELECT min(i.name) FROM "
    f"{OWN}.indexes AS i "
    "WHERE i.object_id = o.id AND i.kind <> 'NONCLUSTERED INDEX'), 'ClusteredIndex_' || printf('%08x', o.id)) END AS "
    "name, "
    "CASE WHEN o.index_kind = 'HEAP' THEN 0 ELSE 1 END AS index_id, "
    "CASE o.index_kind WHEN 'HEAP' THEN 0 WHEN 'CLUSTERED INDEX' THEN 1 ELSE 5 END AS type, '' AS kind "
    f"FROM {OBJECTS} AS o WHERE o.kind = 'TABLE'"
)
_OTHERS = (
    "SELECT object_id, name, CAST(1 + row_number() OVER (PARTITION BY object_id ORDER BY kind DESC, lower(name)) AS "
    "INTEGER), 2, kind FROM (SELECT DISTINCT object_id, name, kind FROM "
    f"{KEYS} UNION ALL SELECT DISTINCT object_id, name, '' FROM {OWN}.indexes WHERE kind = 'NONCLUSTERED INDEX')"
)
INDEXES = f"({_CLUSTERED} UNION ALL {_OTHERS})"
"""The index or heap that each table is kept in, then its keys and other indexes; `kind` is that of a key."""

INDEX_COLUMNS = (
    "(SELECT i.object_id, i.index_id, c.ordinal AS column_id, coalesce(x.ordinal, CASE WHEN i.type = 1 THEN "
    "c.index_ordinal END, 0) AS key_ordinal, CASE WHEN i.type = 5 THEN coalesce(x.ordinal, c.index_ordinal, 0) ELSE "
    "0 END "
    f"AS column_store_order, i.type FROM {INDEXES} AS i JOIN {COLUMNS} AS c ON c.object_id = i.object_id LEFT JOIN "
    f"(SELECT object_id, name, column_name, ordinal FROM {OWN}.keys UNION ALL "
    f"SELECT object_id, name, column_name, ordinal FROM {OWN}.indexes) AS x ON x.object_id = i.object_id "
    "AND x.name = i.name AND lower(x.column_name) = lower(c.name) "
    "WHERE i.index_id > 0 AND (i.type = 5 OR x.ordinal IS NOT NULL OR (i.type = 1 AND c.index_ordinal IS NOT NULL)))"
)
