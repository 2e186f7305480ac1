"""What runs each kind of statement: the table of all that the emulator knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.emulator import (
    alterations,
    changes,
    control,
    ddl,
    indexes,
    loading,
    merging,
    objects,
    principals,
    procedures,
    queries,
)
from deployer.emulator import statements as st
from deployer.emulator.frames import Result

if TYPE_CHECKING:
    from deployer.emulator.session import Session

    Runner = Callable[[Session, Any], Iterator[Result] | None]


RUNNERS: Mapping[type[st.Statement], Runner] = {
    st.Query: queries.run_query,
    st.Block: control.run_block,
    st.If: control.run_if,
    st.While: control.run_while,
    st.Break: control.run_break,
    st.Try: control.run_try,
    st.Throw: control.run_throw,
    st.RaiseError: control.run_raise_error,
    st.Print: control.run_print,
    st.Setting: control.run_setting,
    st.IdentityInsert: changes.run_identity_insert,
    st.Begin: control.run_begin,
    st.Commit: control.run_commit,
    st.Rollback: control.run_rollback,
    st.Declare: control.run_declare,
    st.SetVariable: control.run_set_variable,
    st.ExecuteText: procedures.run_execute_text,
    st.ExecuteProcedure: procedures.run_execute_procedure,
    ddl.CreateSchema: objects.run_create_schema,
    ddl.CreateTable: objects.run_create_table,
    ddl.CreateTableAs: objects.run_create_table_as,
    ddl.CreateView: objects.run_create_view,
    ddl.CreateProcedure: objects.run_create_procedure,
    ddl.Drop: objects.run_drop,
    ddl.Rename: objects.run_rename,
    ddl.Transfer: alterations.run_transfer,
    ddl.AddColumns: alterations.run_add_columns,
    ddl.AlterColumn: alterations.run_alter_column,
    ddl.DropColumns: alterations.run_drop_columns,
    ddl.AddKey: alterations.run_add_key,
    ddl.AddDefault: alterations.run_add_default,
    ddl.DropConstraints: alterations.run_drop_constraints,
    ddl.CreateIndex: indexes.run_create_index,
    ddl.TouchIndex: indexes.run_touch_index,
    ddl.DropIndex: indexes.run_drop_index,
    ddl.CreateStatistics: indexes.run_create_statistics,
    ddl.UpdateStatistics: indexes.run_update_statistics,
    ddl.DropStatistics: indexes.run_drop_statistics,
    st.Insert: changes.run_insert,
    st.Update: changes.run_update,
    st.Delete: changes.run_delete,
    st.Merge: merging.run_merge,
    st.Copy: loading.run_copy,
    st.Truncate: changes.run_truncate,
    ddl.Permit: principals.run_permit,
    ddl.CreatePrincipal: principals.run_create_principal,
    ddl.DropPrincipal: principals.run_drop_principal,
    ddl.AlterRole: principals.run_alter_role,
}
"""What runs each kind of statement; one that gives results gives them one after the other."""

FORMS: Mapping[type[st.Statement], str] = {
    st.Query: "SELECT, with INTO for a new table",
    st.Block: "BEGIN … END",
    st.If: "IF … ELSE",
    st.While: "WHILE",
    st.Break: "BREAK",
    st.Try: "BEGIN TRY … END TRY BEGIN CATCH … END CATCH",
    st.Throw: "THROW, with a number, a message and a state, or with nothing in a CATCH",
    st.RaiseError: "RAISERROR of a text with conversions, WITH NOWAIT, LOG, SETERROR",
    st.Print: "PRINT",
    st.Setting: "SET of an option, see below",
    st.IdentityInsert: "SET IDENTITY_INSERT",
    st.Begin: "BEGIN TRANSACTION",
    st.Commit: "COMMIT",
    st.Rollback: "ROLLBACK",
    st.Declare: "DECLARE",
    st.SetVariable: "SET @variable with =, +=, -=, *=, /=, %=, &=, |=, ^=",
    st.ExecuteText: "EXEC (text)",
    st.ExecuteProcedure: "EXEC of a procedure, by place and by name, with OUTPUT",
    st.Insert: "INSERT … VALUES of one row, INSERT … SELECT",
    st.Update: "UPDATE, with FROM and joins",
    st.Delete: "DELETE, with FROM and joins",
    st.Merge: "MERGE, ended by a semicolon; INSERT into hash-distributed targets only",
    st.Copy: "COPY INTO from local files, folders and patterns: CSV, Parquet",
    st.Truncate: "TRUNCATE TABLE",
    ddl.CreateSchema: "CREATE SCHEMA",
    ddl.CreateTable: "CREATE TABLE, with index, distribution, partitions, defaults, IDENTITY, keys NOT ENFORCED",
    ddl.CreateTableAs: "CREATE TABLE … AS SELECT",
    ddl.CreateView: "CREATE VIEW, ALTER VIEW",
    ddl.CreateProcedure: "CREATE PROCEDURE, ALTER PROCEDURE",
    ddl.Drop: "DROP TABLE, VIEW, PROCEDURE, SCHEMA",
    ddl.Rename: "RENAME OBJECT of a table",
    ddl.Transfer: "ALTER SCHEMA … TRANSFER",
    ddl.AddColumns: "ALTER TABLE … ADD columns",
    ddl.AlterColumn: "ALTER TABLE … ALTER COLUMN",
    ddl.DropColumns: "ALTER TABLE … DROP COLUMN",
    ddl.AddKey: "ALTER TABLE … ADD PRIMARY KEY or UNIQUE, NOT ENFORCED",
    ddl.AddDefault: "ALTER TABLE … ADD DEFAULT … FOR",
    ddl.DropConstraints: "ALTER TABLE … DROP CONSTRAINT",
    ddl.CreateIndex: "CREATE INDEX, CREATE CLUSTERED INDEX, CREATE CLUSTERED COLUMNSTORE INDEX",
    ddl.TouchIndex: "ALTER INDEX … REBUILD or REORGANIZE, ALTER TABLE … REBUILD",
    ddl.DropIndex: "DROP INDEX",
    ddl.CreateStatistics: "CREATE STATISTICS",
    ddl.UpdateStatistics: "UPDATE STATISTICS",
    ddl.DropStatistics: "DROP STATISTICS",
    ddl.Permit: "GRANT, DENY, REVOKE on the database, a schema, an object, its columns, a role or user",
    ddl.CreatePrincipal: "CREATE ROLE, USER, LOGIN",
    ddl.DropPrincipal: "DROP ROLE, USER, LOGIN",
    ddl.AlterRole: "ALTER ROLE … ADD MEMBER or DROP MEMBER",
}
"""How each kind of statement is written, for the page."""

HOLDS_OTHERS = (st.Block, st.If, st.While, st.Try, st.ExecuteText, st.ExecuteProcedure, st.RaiseError)
"""Statements that leave @@ERROR as those within them left it, or set it themselves."""

_RUN_WHEN_DOOMED = (
    *HOLDS_OTHERS,
    st.Break,
    st.Throw,
    st.Print,
    st.Setting,
    st.IdentityInsert,
    st.Commit,
    st.Rollback,
    st.Declare,
    st.SetVariable,
)
REFUSED_WHEN_DOOMED = tuple(kind for kind in RUNNERS if kind not in _RUN_WHEN_DOOMED)
"""DDL, DML and SELECT, before which a transaction that failed must be rolled back."""
