"""`sys`: each view with its columns, and DuckDB's SQL that gives them in this order.

Columns that the server has and nothing here could fill are left out: who asks for one is told by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from deployer.emulator.collations import DEFAULT
from deployer.emulator.own_tables import (
    ALL_SCHEMAS,
    COLUMNS,
    INDEX_COLUMNS,
    INDEXES,
    KEYS,
    OBJECTS,
    OWN,
    PARAMETERS,
    SCHEMAS,
    TEXT_TYPES,
    TYPE_TABLE,
)
from deployer.emulator.permissions import PERMISSIONS
from deployer.emulator.syntax import DATABASE

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
    f"({number}, '{name}', 'R', 'DATABASE_ROLE', NULL, {fixed})"
    for number, name, fixed in [
        *((number, name, name != "public") for name, number in FIXED_ROLES.items()),
        *((16400 + at, name, False) for at, name in enumerate(RESOURCE_CLASSES)),
    ]
)
PRINCIPALS = (
    f"(SELECT * FROM (VALUES {_ROLE_ROWS}, (1, 'dbo', 'S', 'SQL_USER', 'dbo', FALSE), "
    "(2, 'guest', 'S', 'SQL_USER', 'guest', FALSE)) AS p(id, name, type, type_desc, schema_name, fixed) UNION ALL "
    "SELECT id, name, CASE WHEN kind = 'ROLE' THEN 'R' WHEN external THEN 'E' ELSE 'S' END, CASE WHEN kind = 'ROLE' "
    "THEN 'DATABASE_ROLE' WHEN external THEN 'EXTERNAL_USER' ELSE 'SQL_USER' END, CASE WHEN kind = 'USER' THEN "
    f"default_schema END, FALSE FROM {OWN}.principals WHERE kind <> 'LOGIN')"
)
"""Roles and users, those that every database has and those that were made."""

_PERMISSION_TYPES = " ".join(f"WHEN '{name}' THEN '{kind}'" for name, kind in PERMISSIONS.items())

_OBJECT = (
    "name sysname, object_id int, principal_id int, schema_id int, parent_object_id int, type char(2), "
    "type_desc nvarchar(60), create_date datetime, modify_date datetime, is_ms_shipped bit"
)
_OBJECT_VALUES = "name, id, NULL, schema_id, 0, type, type_desc, created, modified, FALSE"
_CONSTRAINT = f"{_OBJECT}, is_system_named bit"
_KEY_VALUES = (
    "k.name, k.id, NULL, k.schema_id, k.object_id, CASE k.kind WHEN 'UNIQUE' THEN 'UQ' ELSE 'PK' END, "
    "CASE k.kind WHEN 'UNIQUE' THEN 'UNIQUE_CONSTRAINT' ELSE 'PRIMARY_KEY_CONSTRAINT' END, o.created, o.modified, FALSE"
)
_KEY_ROWS = f"{KEYS} AS k JOIN {OBJECTS} AS o ON o.id = k.object_id WHERE k.ordinal = 1"
_DEFAULT_VALUES = (
    "c.default_name, c.default_id, NULL, c.schema_id, c.object_id, 'D ', 'DEFAULT_CONSTRAINT', o.created, "
    "o.modified, FALSE"
)
_DEFAULT_ROWS = f"{COLUMNS} AS c JOIN {OBJECTS} AS o ON o.id = c.object_id WHERE c.default_text IS NOT NULL"
_OBJECTS = (
    _OBJECT,
    f"SELECT {_OBJECT_VALUES} FROM {OBJECTS} UNION ALL SELECT {_KEY_VALUES} FROM {_KEY_ROWS} UNION ALL "
    f"SELECT {_DEFAULT_VALUES} FROM {_DEFAULT_ROWS}",
)


def _of_kind(kind: str, more: str = "", values: str = "") -> tuple[str, str]:
    """A view of objects of one kind, with columns of its own behind those of all."""
    return f"{_OBJECT}{more}", f"SELECT {_OBJECT_VALUES}{values} FROM {OBJECTS} WHERE kind = '{kind}'"


_COLUMNS = (
    "object_id int, name sysname, column_id int, system_type_id tinyint, user_type_id int, max_length smallint, "
    "precision tinyint, scale tinyint, collation_name sysname, is_nullable bit, is_ansi_padded bit, is_rowguidcol bit, "
    "is_identity bit, is_computed bit, default_object_id int, is_hidden bit, is_masked bit",
    "SELECT object_id, name, ordinal, type_id, type_id, max_length, digits, places, collation_name, nullable, TRUE, "
    "FALSE, "
    f"identity_seed IS NOT NULL, FALSE, default_id, FALSE, FALSE FROM {COLUMNS}",
)
_MODULES = (
    "object_id int, definition nvarchar(max), uses_ansi_nulls bit, uses_quoted_identifier bit, is_schema_bound bit",
    f"SELECT id, definition, TRUE, TRUE, FALSE FROM {OBJECTS} WHERE kind <> 'TABLE'",
)
_PARAMETERS = (
    "object_id int, name sysname, parameter_id int, system_type_id tinyint, user_type_id int, max_length smallint, "
    "precision tinyint, scale tinyint, is_output bit, has_default_value bit, is_nullable bit",
    "SELECT object_id, name, ordinal, type_id, type_id, max_length, digits, places, is_output, FALSE, TRUE "
    f"FROM {PARAMETERS}",
)
_SESSIONS = (
    "session_id smallint, login_name nvarchar(128), status nvarchar(30), transaction_isolation_level smallint",
    f"SELECT getvariable('session_number'), '{DATABASE}', 'running', 1",
)
_NONE = "WHERE FALSE"

SYS: Mapping[str, tuple[str, str]] = {
    "objects": _OBJECTS,
    "all_objects": _OBJECTS,
    "tables": _of_kind("TABLE", ", is_external bit, temporal_type tinyint", ", FALSE, 0"),
    "views": _of_kind("VIEW", ", with_check_option bit", ", FALSE"),
    "all_views": _of_kind("VIEW"),
    "procedures": _of_kind("PROCEDURE", ", is_auto_executed bit", ", FALSE"),
    "columns": _COLUMNS,
    "all_columns": _COLUMNS,
    "sql_modules": _MODULES,
    "all_sql_modules": _MODULES,
    "parameters": _PARAMETERS,
    "all_parameters": _PARAMETERS,
    "schemas": (
        "name sysname, schema_id int, principal_id int",
        f"SELECT name, schema_id, CASE WHEN schema_id BETWEEN 2 AND 4 THEN schema_id ELSE 1 END FROM ({ALL_SCHEMAS})",
    ),
    "types": (
        "name sysname, system_type_id tinyint, user_type_id int, schema_id int, principal_id int, max_length smallint, "
        "precision tinyint, scale tinyint, collation_name sysname, is_nullable bit, is_user_defined bit, "
        "is_assembly_type bit, default_object_id int, rule_object_id int, is_table_type bit",
        "SELECT name, id, id, 4, NULL, bytes, digits, places, CASE WHEN name IN "
        f"{TEXT_TYPES} THEN '{DEFAULT}' END, TRUE, FALSE, FALSE, 0, 0, FALSE FROM {TYPE_TABLE} UNION ALL "
        f"SELECT 'sysname', 231, 256, 4, NULL, 256, 0, 0, '{DEFAULT}', FALSE, FALSE, FALSE, 0, 0, FALSE",
    ),
    "identity_columns": (
        "object_id int, name sysname, column_id int, system_type_id tinyint, user_type_id int, max_length smallint, "
        "precision tinyint, scale tinyint, is_nullable bit, is_identity bit, seed_value decimal(38, 0), "
        "increment_value decimal(38, 0), last_value decimal(38, 0), is_not_for_replication bit",
        "SELECT object_id, name, ordinal, type_id, type_id, max_length, digits, places, nullable, TRUE, identity_seed, "
        f"identity_step, NULL, FALSE FROM {COLUMNS} WHERE identity_seed IS NOT NULL",
    ),
    "default_constraints": (
        f"{_CONSTRAINT}, parent_column_id int, definition nvarchar(max)",
        f"SELECT {_DEFAULT_VALUES}, FALSE, c.ordinal, '(' || c.default_text || ')' FROM {_DEFAULT_ROWS}",
    ),
    "key_constraints": (
        f"{_CONSTRAINT}, unique_index_id int, is_enforced bit",
        f"SELECT {_KEY_VALUES}, FALSE, (SELECT i.index_id FROM {INDEXES} AS i WHERE i.object_id = k.object_id AND "
        f"i.name = k.name), FALSE FROM {_KEY_ROWS}",
    ),
    "indexes": (
        "object_id int, name sysname, index_id int, type tinyint, type_desc nvarchar(60), is_unique bit, "
        "is_primary_key bit, is_unique_constraint bit, is_disabled bit, has_filter bit, filter_definition "
        "nvarchar(max)",
        "SELECT object_id, name, index_id, type, CASE type WHEN 0 THEN 'HEAP' WHEN 1 THEN 'CLUSTERED' WHEN 2 THEN "
        "'NONCLUSTERED' ELSE 'CLUSTERED COLUMNSTORE' END, kind <> '', kind = 'PRIMARY KEY', kind = 'UNIQUE', FALSE, "
        "FALSE, "
        f"NULL FROM {INDEXES}",
    ),
    "index_columns": (
        "object_id int, index_id int, index_column_id int, column_id int, key_ordinal tinyint, is_descending_key bit, "
        "is_included_column bit, column_store_order_ordinal tinyint",
        "SELECT object_id, index_id, row_number() OVER (PARTITION BY object_id, index_id ORDER BY key_ordinal, "
        "column_id), "
        "column_id, CASE WHEN type = 5 THEN 0 ELSE key_ordinal END, FALSE, type = 5, column_store_order FROM "
        f"{INDEX_COLUMNS}",
    ),
    "stats": (
        "object_id int, name sysname, stats_id int, auto_created bit, user_created bit, no_recompute bit, has_filter "
        "bit",
        "SELECT object_id, name, dense_rank() OVER (PARTITION BY object_id ORDER BY lower(name)), FALSE, TRUE, "
        "FALSE, FALSE "
        f"FROM (SELECT DISTINCT object_id, name FROM {OWN}.statistics)",
    ),
    "pdw_table_distribution_properties": (
        "object_id int, distribution_policy tinyint, distribution_policy_desc nvarchar(60)",
        "SELECT id, CASE distribution WHEN 'HASH' THEN 2 WHEN 'REPLICATE' THEN 3 ELSE 4 END, distribution FROM "
        f"{OBJECTS} "
        "WHERE kind = 'TABLE'",
    ),
    "pdw_column_distribution_properties": (
        "object_id int, column_id int, distribution_ordinal tinyint",
        f"SELECT object_id, ordinal, coalesce(hash_ordinal, 0) FROM {COLUMNS} WHERE kind = 'TABLE'",
    ),
    "databases": (
        "name sysname, database_id int, create_date datetime, compatibility_level tinyint, collation_name sysname, "
        "state tinyint, state_desc nvarchar(60), is_read_only bit",
        "SELECT name, id, TIMESTAMP '2020-01-01', 130, "
        f"'{DEFAULT}', 0, 'ONLINE', FALSE FROM (VALUES ('master', 1), ('{DATABASE}', 5)) AS d(name, id)",
    ),
    "database_principals": (
        "name sysname, principal_id int, type char(1), type_desc nvarchar(60), default_schema_name sysname, "
        "is_fixed_role bit",
        f"SELECT name, id, type, type_desc, schema_name, fixed FROM {PRINCIPALS}",
    ),
    "server_principals": (
        "name sysname, principal_id int, type char(1), type_desc nvarchar(60), is_disabled bit",
        f"SELECT '{DATABASE}', 1, 'S', 'SQL_LOGIN', FALSE UNION ALL SELECT name, 256 + id, 'S', 'SQL_LOGIN', FALSE "
        f"FROM {OWN}.principals WHERE kind = 'LOGIN'",
    ),
    "database_role_members": (
        "role_principal_id int, member_principal_id int",
        f"SELECT r.id, m.id FROM {OWN}.members AS x JOIN {PRINCIPALS} AS r ON lower(r.name) = lower(x.role) "
        f"JOIN {PRINCIPALS} AS m ON lower(m.name) = lower(x.member)",
    ),
    "database_permissions": (
        "class tinyint, class_desc nvarchar(60), major_id int, minor_id int, grantee_principal_id int, "
        "grantor_principal_id int, type char(4), permission_name nvarchar(128), state char(1), state_desc nvarchar(60)",
        "SELECT CASE x.class WHEN 'DATABASE' THEN 0 WHEN 'OBJECT' THEN 1 WHEN 'SCHEMA' THEN 3 ELSE 4 END, "
        "CASE x.class WHEN 'OBJECT' THEN 'OBJECT_OR_COLUMN' WHEN 'ROLE' THEN 'DATABASE_PRINCIPAL' WHEN 'USER' THEN "
        "'DATABASE_PRINCIPAL' ELSE x.class END, CASE x.class WHEN 'OBJECT' THEN x.object_id WHEN 'SCHEMA' THEN "
        "s.schema_id WHEN 'DATABASE' THEN 0 ELSE q.id END, coalesce(c.ordinal, 0), p.id, 1, "
        f"rpad(CASE x.permission {_PERMISSION_TYPES} END, 4, ' '), x.permission, x.state, "
        "CASE x.state WHEN 'G' THEN 'GRANT' WHEN 'D' THEN 'DENY' ELSE "
        f"'GRANT_WITH_GRANT_OPTION' END FROM {OWN}.permissions AS x JOIN {PRINCIPALS} AS p "
        f"ON lower(p.name) = lower(x.principal) LEFT JOIN ({SCHEMAS}) AS s ON lower(s.name) = lower(x.name) "
        f"LEFT JOIN {PRINCIPALS} AS q ON lower(q.name) = lower(x.name) LEFT JOIN {OWN}.columns AS c "
        "ON c.object_id = x.object_id AND lower(c.name) = lower(x.column_name)",
    ),
    "system_views": (
        "name sysname, object_id int, schema_id int",
        "SELECT 'dm_pdw_nodes_exec_sessions', -1, 4",
    ),
    "dm_pdw_nodes_exec_sessions": _SESSIONS,
    # What the pool lacks, or what nothing here can make: they are there, and empty.
    "computed_columns": (
        "object_id int, name sysname, column_id int, is_computed bit, is_persisted bit, definition nvarchar(max)",
        _NONE,
    ),
    "extended_properties": (
        "class tinyint, class_desc nvarchar(60), major_id int, minor_id int, name sysname, value nvarchar(4000)",
        _NONE,
    ),
    "foreign_keys": (f"{_CONSTRAINT}, referenced_object_id int, key_index_id int", _NONE),
    "foreign_key_columns": (
        "constraint_object_id int, constraint_column_id int, parent_object_id int, parent_column_id int, "
        "referenced_object_id int, referenced_column_id int",
        _NONE,
    ),
    "check_constraints": (f"{_CONSTRAINT}, parent_column_id int, definition nvarchar(max)", _NONE),
    "external_tables": (_OBJECT, _NONE),
    "triggers": (_OBJECT, _NONE),
    "synonyms": (_OBJECT, _NONE),
    "sequences": (_OBJECT, _NONE),
}
