"""Functions that ask the catalog, row by row, and the server about itself: OBJECT_NAME, COLUMNPROPERTY, SERVERPROPERTY.

What drivers, SQLAlchemy, dbt and DBAs ask. There is one login, which owns the one database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.emulator.collations import DEFAULT
from deployer.emulator.errors import NotSupportedError
from deployer.emulator.fragments import quote
from deployer.emulator.own_tables import ALL_SCHEMAS, COLUMNS, OBJECTS, TYPE_TABLE
from deployer.emulator.syntax import DATABASE
from deployer.emulator.sys_views import FIXED_ROLES, PRINCIPALS
from deployer.emulator.typed import Builder, Typed, as_type
from deployer.emulator.types import INT, NVARCHAR_MAX, SqlType

_NAME = SqlType("nvarchar", 128)
_TEXT = SqlType("nvarchar", 4000)


def _looked_up(column: str, kind: SqlType, source: str, condition: str) -> Builder:
    """A scalar subquery; `{0}`, `{1}` in the condition are the arguments, an integer or a text each."""

    def build(a: Sequence[Typed]) -> Typed:
        given = [as_type(value, _TEXT if value.type is not None and value.type.is_text else INT) for value in a]
        return Typed(f"(SELECT {column} FROM {source} AS o WHERE {condition.format(*given)})", kind)

    return build


def _fixed(value: str | int, kind: SqlType) -> Builder:
    return lambda _: Typed(quote(value) if isinstance(value, str) else f"CAST({value} AS {kind.duckdb})", kind)


def _or_fixed(fixed: Builder, looked_up: Builder) -> Builder:
    """What a function says without an argument, and with one."""
    return lambda a: looked_up(a) if a else fixed(a)


def _property(name: str, properties: Mapping[str, tuple[str | int, SqlType]]) -> Builder:
    """A property by its name, which is the last argument and a constant; NULL for one that there is not."""

    def build(a: Sequence[Typed]) -> Typed:
        wanted = a[-1].constant
        if wanted is None:
            raise NotSupportedError(f"The emulator knows {name} of a constant only.")
        value, kind = properties.get(wanted.lower(), (None, _NAME))
        if value is None:
            return Typed(f"CAST(NULL AS {kind.duckdb})", kind)
        return _fixed(value, kind)([])

    return build


def _column_property(a: Sequence[Typed]) -> Typed:
    wanted = (a[2].constant or "").lower()
    answer = {
        "allowsnull": "CAST(o.nullable AS INTEGER)",
        "isidentity": "CAST(o.identity_seed IS NOT NULL AS INTEGER)",
        "iscomputed": "0",
        "columnid": "o.ordinal",
        "precision": "o.digits",
        "scale": "o.places",
        "ishidden": "0",
        "charmaxlen": "o.length",
    }.get(wanted)
    if answer is None:
        raise NotSupportedError(f"The emulator does not know the property {wanted!r} of COLUMNPROPERTY.")
    number, name = as_type(a[0], INT), as_type(a[1], _TEXT)
    return Typed(
        f"(SELECT {answer} FROM {COLUMNS} AS o WHERE o.object_id = {number} AND lower(o.name) = lower({name}))", INT
    )


def _object_property(a: Sequence[Typed]) -> Typed:
    wanted = (a[1].constant or "").lower()
    kinds = {"istable": "TABLE", "isusertable": "TABLE", "isview": "VIEW", "isprocedure": "PROCEDURE"}
    if wanted not in kinds:
        raise NotSupportedError(f"The emulator does not know the property {wanted!r} of OBJECTPROPERTY.")
    answer = f"CAST(o.kind = '{kinds[wanted]}' AS INTEGER)"
    return Typed(f"(SELECT {answer} FROM {OBJECTS} AS o WHERE o.id = {as_type(a[0], INT)})", INT)


def _is_member(a: Sequence[Typed]) -> Typed:
    """The login is dbo, which is in db_owner and in public; NULL for what is no role."""
    role = f"lower({as_type(a[0], _TEXT)})"
    listed = ", ".join(map(quote, FIXED_ROLES))
    return Typed(
        f"CASE WHEN {role} IN ('db_owner', 'public') THEN 1 WHEN {role} IN ({listed}) OR EXISTS (SELECT 1 FROM "
        f"{PRINCIPALS} AS o WHERE o.type = 'R' AND lower(o.name) = {role}) THEN 0 END",
        INT,
    )


VERSION = (12, 0, 2000, 8)
"""Major, minor, build and revision. Azure's SQL services call themselves so (the gateway of a dedicated pool too:
inferred); drivers ask for what a server of that version has, SQL Server 2014, which comes nearest to the pool."""

_SERVER: Mapping[str, tuple[str | int, SqlType]] = {
    # learn.microsoft.com, SERVERPROPERTY: 6 is the dedicated SQL pool.
    "engineedition": (6, INT),
    "edition": ("SQL Azure", _NAME),
    "editionid": (1674378470, INT),
    "collation": (DEFAULT, _NAME),
    "productversion": (".".join(map(str, VERSION)), _NAME),
    "productmajorversion": ("12", _NAME),
    "productminorversion": ("0", _NAME),
    "productlevel": ("RTM", _NAME),
    "servername": (DATABASE, _NAME),
    "machinename": (DATABASE, _NAME),
    "isclustered": (0, INT),
    "issingleuser": (0, INT),
    "ishadrenabled": (0, INT),
    "isintegratedsecurityonly": (0, INT),
    "isfulltextinstalled": (0, INT),
}
_DATABASE: Mapping[str, tuple[str | int, SqlType]] = {
    "collation": (DEFAULT, _NAME),
    "edition": ("DataWarehouse", _NAME),
    "serviceobjective": ("DW100c", _NAME),
    "status": ("ONLINE", _NAME),
    "updateability": ("READ_WRITE", _NAME),
    "useraccess": ("MULTI_USER", _NAME),
    "isansinullsenabled": (1, INT),
}
_SESSION: Mapping[str, tuple[str | int, SqlType]] = {
    **dict.fromkeys(["ansi_nulls", "ansi_padding", "ansi_warnings", "arithabort"], (1, INT)),
    **dict.fromkeys(["concat_null_yields_null", "quoted_identifier"], (1, INT)),
    "numeric_roundabort": (0, INT),
}

_SMALLINT = SqlType("smallint")
_BY_NUMBER = "o.id = {0}"
_BY_NAME = "lower(o.name) = lower({0})"
_LOGIN = _fixed(DATABASE, _NAME)
_DATABASES = f"(SELECT * FROM (VALUES ('master', 1), ('{DATABASE}', 5)) AS d(name, id))"
_SCHEMA_SOURCE = f"({ALL_SCHEMAS})"

_TYPES = f"(SELECT * FROM {TYPE_TABLE})"

_object_name = _looked_up("o.name", _NAME, OBJECTS, _BY_NUMBER)
_object_schema = _looked_up("o.schema_name", _NAME, OBJECTS, _BY_NUMBER)
_definition = _looked_up("o.definition", NVARCHAR_MAX, OBJECTS, f"{_BY_NUMBER} AND o.kind <> 'TABLE'")
_column_name = _looked_up("o.name", _NAME, COLUMNS, "o.object_id = {0} AND o.ordinal = {1}")
_type_name = _looked_up("o.name", _NAME, _TYPES, _BY_NUMBER)
_type_number = _looked_up("o.id", INT, _TYPES, _BY_NAME)
_schema_name = _looked_up("o.name", _NAME, _SCHEMA_SOURCE, "o.schema_id = {0}")
_schema_number = _looked_up("o.schema_id", INT, _SCHEMA_SOURCE, _BY_NAME)
_database_name = _looked_up("o.name", _NAME, _DATABASES, _BY_NUMBER)
_database_number = _looked_up("o.id", _SMALLINT, _DATABASES, _BY_NAME)
_user_name = _looked_up("o.name", _NAME, PRINCIPALS, _BY_NUMBER)
_user_number = _looked_up("o.id", INT, PRINCIPALS, _BY_NAME)

CATALOG: Mapping[str, tuple[int, int, Builder, str]] = {
    "OBJECT_NAME": (1, 2, _object_name, "object_id"),
    "OBJECT_SCHEMA_NAME": (1, 2, _object_schema, "object_id"),
    "OBJECT_DEFINITION": (1, 1, _definition, "object_id"),
    "OBJECTPROPERTY": (2, 2, _object_property, "object_id, property"),
    "COL_NAME": (2, 2, _column_name, "object_id, column_id"),
    "COLUMNPROPERTY": (3, 3, _column_property, "object_id, column, property"),
    "TYPE_NAME": (1, 1, _type_name, "type_id"),
    "TYPE_ID": (1, 1, _type_number, "type"),
    "SCHEMA_NAME": (0, 1, _or_fixed(_fixed("dbo", _NAME), _schema_name), "[schema_id]"),
    "SCHEMA_ID": (0, 1, _or_fixed(_fixed(1, INT), _schema_number), "[schema]"),
    "DB_NAME": (0, 1, _or_fixed(_fixed(DATABASE, _NAME), _database_name), "[database_id]"),
    "DB_ID": (0, 1, _or_fixed(_fixed(5, _SMALLINT), _database_number), "[database]"),
    "DATABASEPROPERTYEX": (2, 2, _property("DATABASEPROPERTYEX", _DATABASE), "database, property"),
    "SERVERPROPERTY": (1, 1, _property("SERVERPROPERTY", _SERVER), "property"),
    "SESSIONPROPERTY": (1, 1, _property("SESSIONPROPERTY", _SESSION), "option"),
    "USER_NAME": (0, 1, _or_fixed(_fixed("dbo", _NAME), _user_name), "[principal_id]"),
    "USER_ID": (0, 1, _or_fixed(_fixed(1, INT), _user_number), "[user]"),
    "DATABASE_PRINCIPAL_ID": (0, 1, _or_fixed(_fixed(1, INT), _user_number), "[principal]"),
    "SUSER_SNAME": (0, 1, _LOGIN, "[sid]"),
    "SUSER_NAME": (0, 1, _LOGIN, "[id]"),
    "ORIGINAL_LOGIN": (0, 0, _LOGIN, ""),
    "SYSTEM_USER": (0, 0, _LOGIN, ""),
    **dict.fromkeys(["CURRENT_USER", "SESSION_USER", "USER"], (0, 0, _fixed("dbo", _NAME), "")),
    "APP_NAME": (0, 0, _fixed("", _NAME), ""),
    "HAS_PERMS_BY_NAME": (3, 5, _fixed(1, INT), "securable, class, permission"),
    "HAS_DBACCESS": (1, 1, _fixed(1, INT), "database"),
    "IS_MEMBER": (1, 1, _is_member, "role"),
    "IS_ROLEMEMBER": (1, 2, _is_member, "role [, principal]"),
    "IS_SRVROLEMEMBER": (1, 2, _fixed(0, INT), "role [, login]"),
}
"""Name to fewest and most arguments, what builds it, and its arguments for the page."""
