"""INFORMATION_SCHEMA: each view with its columns, and DuckDB's SQL that gives them in this order."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.own_tables import (
    ALL_SCHEMAS,
    COLUMNS,
    KEYS,
    MOMENT_TYPES,
    OBJECTS,
    PARAMETERS,
    TEXT_TYPES,
)
from deployer.emulator.syntax import DATABASE

_BINARY_TYPES = "('binary', 'varbinary')"
_INTEGERS = "('tinyint', 'smallint', 'int', 'bigint')"
_EXACT = f"(base IN {_INTEGERS} OR base IN ('decimal', 'money', 'smallmoney'))"

_FACETS = (
    "CHARACTER_MAXIMUM_LENGTH int, CHARACTER_OCTET_LENGTH int, COLLATION_NAME sysname, CHARACTER_SET_NAME sysname, "
    "NUMERIC_PRECISION tinyint, NUMERIC_PRECISION_RADIX smallint, NUMERIC_SCALE int, DATETIME_PRECISION smallint"
)
_FACET_VALUES = (
    f"length, CASE WHEN base IN {TEXT_TYPES} OR base IN {_BINARY_TYPES} THEN max_length END, collation_name, "
    f"CASE WHEN base IN ('nchar', 'nvarchar') THEN 'UNICODE' WHEN base IN {TEXT_TYPES} THEN 'iso_1' END, "
    f"CASE WHEN {_EXACT} OR base IN ('real', 'float') THEN digits END, "
    f"CASE WHEN {_EXACT} THEN 10 WHEN base IN ('real', 'float') THEN 2 END, CASE WHEN {_EXACT} THEN places END, "
    f"CASE WHEN base IN ('date', 'smalldatetime') THEN 0 WHEN base = 'datetime' THEN 3 WHEN base IN {MOMENT_TYPES} "
    "THEN scale END"
)
_NONE = "WHERE FALSE"

INFORMATION_SCHEMA: Mapping[str, tuple[str, str]] = {
    "schemata": (
        "CATALOG_NAME sysname, SCHEMA_NAME sysname, SCHEMA_OWNER sysname",
        f"SELECT '{DATABASE}', name, CASE WHEN schema_id BETWEEN 2 AND 4 THEN name ELSE 'dbo' END FROM ({ALL_SCHEMAS})",
    ),
    "tables": (
        "TABLE_CATALOG sysname, TABLE_SCHEMA sysname, TABLE_NAME sysname, TABLE_TYPE varchar(10)",
        f"SELECT '{DATABASE}', schema_name, name, CASE WHEN kind = 'VIEW' THEN 'VIEW' ELSE 'BASE TABLE' END "
        f"FROM {OBJECTS} WHERE kind <> 'PROCEDURE'",
    ),
    "views": (
        "TABLE_CATALOG sysname, TABLE_SCHEMA sysname, TABLE_NAME sysname, VIEW_DEFINITION nvarchar(4000), "
        "CHECK_OPTION varchar(7), IS_UPDATABLE varchar(2)",
        f"SELECT '{DATABASE}', schema_name, name, CASE WHEN length(definition) <= 4000 THEN definition END, 'NONE', "
        "'NO' "
        f"FROM {OBJECTS} WHERE kind = 'VIEW'",
    ),
    "columns": (
        "TABLE_CATALOG sysname, TABLE_SCHEMA sysname, TABLE_NAME sysname, COLUMN_NAME sysname, ORDINAL_POSITION int, "
        f"COLUMN_DEFAULT nvarchar(4000), IS_NULLABLE varchar(3), DATA_TYPE sysname, {_FACETS}",
        f"SELECT '{DATABASE}', schema_name, table_name, name, ordinal, '(' || default_text || ')', CASE WHEN "
        "nullable THEN "
        f"'YES' ELSE 'NO' END, base, {_FACET_VALUES} FROM {COLUMNS}",
    ),
    "routines": (
        "SPECIFIC_CATALOG sysname, SPECIFIC_SCHEMA sysname, SPECIFIC_NAME sysname, ROUTINE_CATALOG sysname, "
        "ROUTINE_SCHEMA sysname, ROUTINE_NAME sysname, ROUTINE_TYPE nvarchar(20), ROUTINE_DEFINITION nvarchar(4000), "
        "CREATED datetime, LAST_ALTERED datetime",
        f"SELECT '{DATABASE}', schema_name, name, '{DATABASE}', schema_name, name, 'PROCEDURE', CASE WHEN "
        f"length(definition) <= 4000 THEN definition END, created, modified FROM {OBJECTS} WHERE kind = 'PROCEDURE'",
    ),
    "parameters": (
        "SPECIFIC_CATALOG sysname, SPECIFIC_SCHEMA sysname, SPECIFIC_NAME sysname, ORDINAL_POSITION int, "
        f"PARAMETER_MODE nvarchar(10), IS_RESULT nvarchar(10), PARAMETER_NAME sysname, DATA_TYPE sysname, {_FACETS}",
        f"SELECT '{DATABASE}', schema_name, routine_name, ordinal, CASE WHEN is_output THEN 'INOUT' ELSE 'IN' END, "
        "'NO', "
        f"name, base, {_FACET_VALUES} FROM {PARAMETERS}",
    ),
    "table_constraints": (
        "CONSTRAINT_CATALOG sysname, CONSTRAINT_SCHEMA sysname, CONSTRAINT_NAME sysname, TABLE_CATALOG sysname, "
        "TABLE_SCHEMA sysname, TABLE_NAME sysname, CONSTRAINT_TYPE varchar(11), IS_DEFERRABLE varchar(2), "
        "INITIALLY_DEFERRED varchar(2)",
        f"SELECT DISTINCT '{DATABASE}', schema_name, name, '{DATABASE}', schema_name, table_name, kind, 'NO', 'NO' "
        f"FROM {KEYS}",
    ),
    "key_column_usage": (
        "CONSTRAINT_CATALOG sysname, CONSTRAINT_SCHEMA sysname, CONSTRAINT_NAME sysname, TABLE_CATALOG sysname, "
        "TABLE_SCHEMA sysname, TABLE_NAME sysname, COLUMN_NAME sysname, ORDINAL_POSITION int",
        f"SELECT '{DATABASE}', schema_name, name, '{DATABASE}', schema_name, table_name, column_name, ordinal FROM "
        f"{KEYS}",
    ),
    "constraint_column_usage": (
        "TABLE_CATALOG sysname, TABLE_SCHEMA sysname, TABLE_NAME sysname, COLUMN_NAME sysname, "
        "CONSTRAINT_CATALOG sysname, CONSTRAINT_SCHEMA sysname, CONSTRAINT_NAME sysname",
        f"SELECT '{DATABASE}', schema_name, table_name, column_name, '{DATABASE}', schema_name, name FROM {KEYS}",
    ),
    # The pool has neither foreign keys nor CHECK nor sequences.
    "referential_constraints": (
        "CONSTRAINT_CATALOG sysname, CONSTRAINT_SCHEMA sysname, CONSTRAINT_NAME sysname, UNIQUE_CONSTRAINT_CATALOG "
        "sysname, UNIQUE_CONSTRAINT_SCHEMA sysname, UNIQUE_CONSTRAINT_NAME sysname, MATCH_OPTION varchar(7), "
        "UPDATE_RULE varchar(11), DELETE_RULE varchar(11)",
        _NONE,
    ),
    "check_constraints": (
        "CONSTRAINT_CATALOG sysname, CONSTRAINT_SCHEMA sysname, CONSTRAINT_NAME sysname, CHECK_CLAUSE nvarchar(4000)",
        _NONE,
    ),
    "sequences": (
        "SEQUENCE_CATALOG sysname, SEQUENCE_SCHEMA sysname, SEQUENCE_NAME sysname, DATA_TYPE sysname",
        _NONE,
    ),
}
