"""The catalog procedures that drivers call by themselves: SQLTables of ODBC is sp_tables, SQLColumns sp_columns_100.

Each is T-SQL over the catalog views, with parameters that are NULL where they are not given.
learn.microsoft.com: catalog stored procedures.
"""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = "@{0}_name nvarchar(384), @{0}_owner nvarchar(384), @{0}_qualifier sysname"
_TABLE = _NAMES.format("table")

_TABLES = """
SELECT TABLE_CATALOG AS TABLE_QUALIFIER, TABLE_SCHEMA AS TABLE_OWNER, TABLE_NAME,
    CAST(CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS varchar(32)) AS TABLE_TYPE,
    CAST(NULL AS varchar(254)) AS REMARKS
FROM INFORMATION_SCHEMA.TABLES
WHERE (@table_name IS NULL OR TABLE_NAME LIKE @table_name) AND (@table_owner IS NULL OR TABLE_SCHEMA LIKE @table_owner)
    AND (@table_type IS NULL OR CHARINDEX(CASE TABLE_TYPE WHEN 'VIEW' THEN '''VIEW''' ELSE '''TABLE'''
        END, @table_type) > 0)
ORDER BY TABLE_TYPE, TABLE_QUALIFIER, TABLE_OWNER, TABLE_NAME;
"""

_ODBC_TYPE = """CAST(CASE t.name WHEN 'bit' THEN -7 WHEN 'tinyint' THEN -6 WHEN 'smallint' THEN 5 WHEN 'int' THEN 4
    WHEN 'bigint' THEN -5 WHEN 'real' THEN 7 WHEN 'float' THEN 6 WHEN 'decimal' THEN 3 WHEN 'money' THEN 3
    WHEN 'smallmoney' THEN 3 WHEN 'char' THEN 1 WHEN 'varchar' THEN 12 WHEN 'nchar' THEN -8 WHEN 'nvarchar' THEN -9
    WHEN 'binary' THEN -2 WHEN 'varbinary' THEN -3 WHEN 'uniqueidentifier' THEN -11 WHEN 'date' THEN 91
    WHEN 'time' THEN -154 ELSE 93 END AS smallint)"""
"""The numbers of ODBC's types (learn.microsoft.com: sp_columns)."""

_IS_TEXT = "t.name IN ('char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary')"
_WIDTH = "CASE WHEN t.name IN ('nchar', 'nvarchar') AND c.max_length > 0 THEN c.max_length / 2 ELSE c.max_length END"

_COLUMNS = f"""
SELECT DB_NAME() AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME, c.name AS COLUMN_NAME,
    {_ODBC_TYPE} AS DATA_TYPE,
    CAST(t.name + CASE WHEN c.is_identity = 1 THEN N' identity' ELSE N'' END AS sysname) AS TYPE_NAME,
    CAST(CASE WHEN {_IS_TEXT} THEN CASE c.max_length WHEN -1 THEN 0 ELSE {_WIDTH} END ELSE c.precision END
        AS int) AS PRECISION,
    CAST(CASE c.max_length WHEN -1 THEN 2147483647 ELSE c.max_length END AS int) AS LENGTH,
    CAST(CASE WHEN {_IS_TEXT} THEN NULL ELSE c.scale END AS smallint) AS SCALE,
    CAST(CASE WHEN t.name IN ('real', 'float') THEN 2 WHEN {_IS_TEXT} THEN NULL ELSE 10 END AS smallint) AS RADIX,
    CAST(c.is_nullable AS smallint) AS NULLABLE, CAST(NULL AS varchar(254)) AS REMARKS, d.definition AS COLUMN_DEF,
    {_ODBC_TYPE} AS SQL_DATA_TYPE, CAST(NULL AS smallint) AS SQL_DATETIME_SUB,
    CAST(CASE WHEN {_IS_TEXT} THEN CASE c.max_length WHEN -1 THEN 0 ELSE c.max_length END END AS int)
        AS CHAR_OCTET_LENGTH,
    c.column_id AS ORDINAL_POSITION,
    CAST(CASE c.is_nullable WHEN 1 THEN 'YES' ELSE 'NO' END AS varchar(254)) AS IS_NULLABLE{{more}},
    CAST(c.system_type_id AS tinyint) AS SS_DATA_TYPE
FROM sys.columns AS c JOIN sys.objects AS o ON o.object_id = c.object_id JOIN sys.schemas
    AS s ON s.schema_id = o.schema_id
    JOIN sys.types AS t ON t.user_type_id = c.user_type_id
    LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
WHERE (@table_name IS NULL OR o.name LIKE @table_name) AND (@table_owner IS NULL OR s.name LIKE @table_owner)
    AND (@column_name IS NULL OR c.name LIKE @column_name)
ORDER BY TABLE_QUALIFIER, TABLE_OWNER, TABLE_NAME, ORDINAL_POSITION;
"""
_MORE = """, CAST(0 AS smallint) AS SS_IS_SPARSE, CAST(0 AS smallint) AS SS_IS_COLUMN_SET,
    CAST(0 AS smallint) AS SS_IS_COMPUTED, CAST(c.is_identity AS smallint) AS SS_IS_IDENTITY,
    CAST(NULL AS sysname) AS SS_UDT_CATALOG_NAME, CAST(NULL AS sysname) AS SS_UDT_SCHEMA_NAME,
    CAST(NULL AS sysname) AS SS_UDT_ASSEMBLY_TYPE_NAME, CAST(NULL AS sysname) AS SS_XML_SCHEMACOLLECTION_CATALOG_NAME,
    CAST(NULL AS sysname) AS SS_XML_SCHEMACOLLECTION_SCHEMA_NAME, CAST(NULL AS sysname)
        AS SS_XML_SCHEMACOLLECTION_NAME"""
_COLUMN_PARAMETERS = f"{_TABLE}, @column_name nvarchar(384), @NameScope int, @ODBCVer int, @fUsePattern bit"

_PRIMARY_KEYS = """
SELECT DB_NAME() AS TABLE_QUALIFIER, k.TABLE_SCHEMA AS TABLE_OWNER, k.TABLE_NAME, k.COLUMN_NAME,
    CAST(k.ORDINAL_POSITION AS smallint) AS KEY_SEQ, k.CONSTRAINT_NAME AS PK_NAME
FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE AS k JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS AS c
    ON c.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND c.TABLE_NAME = k.TABLE_NAME AND c.TABLE_SCHEMA = k.TABLE_SCHEMA
WHERE c.CONSTRAINT_TYPE = 'PRIMARY KEY' AND k.TABLE_NAME = @table_name
    AND (@table_owner IS NULL OR k.TABLE_SCHEMA = @table_owner)
ORDER BY TABLE_QUALIFIER, TABLE_OWNER, TABLE_NAME, KEY_SEQ;
"""

_FOREIGN_KEYS = """
SELECT CAST(NULL AS sysname) AS PKTABLE_QUALIFIER, CAST(NULL AS sysname) AS PKTABLE_OWNER,
    CAST(NULL AS sysname) AS PKTABLE_NAME, CAST(NULL AS sysname) AS PKCOLUMN_NAME,
    CAST(NULL AS sysname) AS FKTABLE_QUALIFIER, CAST(NULL AS sysname) AS FKTABLE_OWNER,
    CAST(NULL AS sysname) AS FKTABLE_NAME, CAST(NULL AS sysname) AS FKCOLUMN_NAME, CAST(NULL AS smallint) AS KEY_SEQ,
    CAST(NULL AS smallint) AS UPDATE_RULE, CAST(NULL AS smallint) AS DELETE_RULE, CAST(NULL AS sysname) AS FK_NAME,
    CAST(NULL AS sysname) AS PK_NAME, CAST(NULL AS smallint) AS DEFERRABILITY
FROM sys.foreign_keys;
"""

_STATISTICS = """
SELECT DB_NAME() AS TABLE_QUALIFIER, s.name AS TABLE_OWNER, o.name AS TABLE_NAME,
    CAST(1 - CAST(i.is_unique AS int) AS smallint) AS NON_UNIQUE, o.name AS INDEX_QUALIFIER, i.name AS INDEX_NAME,
    CAST(CASE i.type WHEN 1 THEN 1 ELSE 3 END AS smallint) AS TYPE, CAST(x.key_ordinal AS smallint) AS SEQ_IN_INDEX,
    c.name AS COLUMN_NAME, CAST('A' AS char(1)) AS COLLATION, CAST(NULL AS int) AS CARDINALITY,
    CAST(NULL AS int) AS PAGES, CAST(NULL AS varchar(128)) AS FILTER_CONDITION
FROM sys.indexes AS i JOIN sys.objects AS o ON o.object_id = i.object_id JOIN sys.schemas
    AS s ON s.schema_id = o.schema_id
    JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id
    JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE o.name = @table_name AND (@table_owner IS NULL OR s.name = @table_owner) AND i.type IN (1, 2)
    AND (@is_unique IS NULL OR @is_unique <> 'Y' OR i.is_unique = 1)
ORDER BY NON_UNIQUE, TYPE, INDEX_QUALIFIER, INDEX_NAME, SEQ_IN_INDEX;
"""

_SPECIAL = """
SELECT CAST(NULL AS smallint) AS SCOPE, CAST(NULL AS sysname) AS COLUMN_NAME, CAST(NULL AS smallint) AS DATA_TYPE,
    CAST(NULL AS sysname) AS TYPE_NAME, CAST(NULL AS int) AS PRECISION, CAST(NULL AS int) AS LENGTH,
    CAST(NULL AS smallint) AS SCALE, CAST(NULL AS smallint) AS PSEUDO_COLUMN
FROM sys.foreign_keys;
"""

_PROCEDURES = """
SELECT DB_NAME() AS PROCEDURE_QUALIFIER, s.name AS PROCEDURE_OWNER, CAST(p.name + N';1' AS nvarchar(134))
    AS PROCEDURE_NAME,
    CAST(-1 AS int) AS NUM_INPUT_PARAMS, CAST(-1 AS int) AS NUM_OUTPUT_PARAMS, CAST(-1 AS int) AS NUM_RESULT_SETS,
    CAST(NULL AS varchar(254)) AS REMARKS, CAST(2 AS smallint) AS PROCEDURE_TYPE
FROM sys.procedures AS p JOIN sys.schemas AS s ON s.schema_id = p.schema_id
WHERE (@sp_name IS NULL OR p.name LIKE @sp_name) AND (@sp_owner IS NULL OR s.name LIKE @sp_owner)
ORDER BY PROCEDURE_QUALIFIER, PROCEDURE_OWNER, PROCEDURE_NAME;
"""

_TYPES = f"""
SELECT t.name AS TYPE_NAME, {_ODBC_TYPE} AS DATA_TYPE,
    CAST(CASE WHEN t.name IN ('nchar', 'nvarchar') THEN 4000 WHEN {_IS_TEXT}
        THEN t.max_length ELSE t.precision END AS int) AS PRECISION,
    CAST(CASE WHEN t.name IN ('nchar', 'nvarchar') THEN N'N''' WHEN t.name IN ('binary', 'varbinary') THEN N'0x'
        WHEN t.collation_name IS NOT NULL OR t.name LIKE '%date%' OR t.name IN ('time', 'uniqueidentifier') THEN N''''
        ELSE NULL END AS varchar(32)) AS LITERAL_PREFIX,
    CAST(CASE WHEN t.collation_name IS NOT NULL OR t.name LIKE '%date%' OR t.name IN ('time', 'uniqueidentifier')
        THEN N'''' ELSE NULL END AS varchar(32)) AS LITERAL_SUFFIX,
    CAST(CASE WHEN t.name = 'decimal' THEN 'precision,scale' WHEN {_IS_TEXT} THEN 'max length' ELSE NULL END
        AS varchar(32)) AS CREATE_PARAMS,
    CAST(1 AS smallint) AS NULLABLE, CAST(0 AS smallint) AS CASE_SENSITIVE,
    CAST(CASE WHEN t.collation_name IS NOT NULL THEN 3 ELSE 2 END AS smallint) AS SEARCHABLE,
    CAST(CASE WHEN t.name = 'tinyint' THEN 1 WHEN {_IS_TEXT} THEN NULL ELSE 0 END AS smallint) AS UNSIGNED_ATTRIBUTE,
    CAST(CASE WHEN t.name LIKE '%money' THEN 1 ELSE 0 END AS smallint) AS MONEY, CAST(0 AS smallint) AS AUTO_INCREMENT,
    t.name AS LOCAL_TYPE_NAME, CAST(0 AS smallint) AS MINIMUM_SCALE, CAST(t.scale AS smallint) AS MAXIMUM_SCALE,
    {_ODBC_TYPE} AS SQL_DATA_TYPE, CAST(NULL AS smallint) AS SQL_DATETIME_SUB,
    CAST(CASE WHEN t.name IN ('real', 'float') THEN 2 WHEN {_IS_TEXT} THEN NULL ELSE 10 END AS int) AS NUM_PREC_RADIX,
    CAST(NULL AS smallint) AS INTERVAL_PRECISION, CAST(t.system_type_id AS smallint) AS USERTYPE
FROM sys.types AS t
WHERE t.user_type_id <> 256 AND (@data_type IS NULL OR @data_type = 0 OR {_ODBC_TYPE} = @data_type)
ORDER BY DATA_TYPE, AUTO_INCREMENT, MONEY, USERTYPE;
"""

_DATABASES = """
SELECT name AS DATABASE_NAME, CAST(NULL AS int) AS DATABASE_SIZE, CAST(NULL AS varchar(254))
    AS REMARKS FROM sys.databases
ORDER BY DATABASE_NAME;
"""
_FOREIGN_PARAMETERS = ", ".join(_NAMES.format(side) for side in ("pktable", "fktable"))

DRIVER_PROCEDURES: Mapping[str, tuple[str, str]] = {
    "sp_tables": (f"{_TABLE}, @table_type varchar(100), @fUsePattern bit", _TABLES),
    "sp_columns": (_COLUMN_PARAMETERS, _COLUMNS.replace("{more}", "")),
    "sp_columns_100": (_COLUMN_PARAMETERS, _COLUMNS.replace("{more}", _MORE)),
    "sp_pkeys": (_TABLE, _PRIMARY_KEYS),
    "sp_fkeys": (_FOREIGN_PARAMETERS, _FOREIGN_KEYS),
    **dict.fromkeys(
        ["sp_statistics", "sp_statistics_100"],
        (f"{_TABLE}, @index_name sysname, @is_unique char(1), @accuracy char(1)", _STATISTICS),
    ),
    **dict.fromkeys(
        ["sp_special_columns", "sp_special_columns_100"],
        (f"{_TABLE}, @col_type char(1), @scope char(1), @nullable char(1), @ODBCVer int", _SPECIAL),
    ),
    "sp_stored_procedures": (f"{_NAMES.format('sp')}, @fUsePattern bit", _PROCEDURES),
    **dict.fromkeys(["sp_datatype_info", "sp_datatype_info_100"], ("@data_type int, @ODBCVer tinyint", _TYPES)),
    "sp_databases": ("", _DATABASES),
}
"""Name to the declaration of its parameters, and its text."""
