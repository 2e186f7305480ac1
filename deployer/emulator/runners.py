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
    st.Truncate: changes.run_truncate,
    ddl.Permit: principals.run_permit,
    ddl.CreatePrincipal: principals.run_create_principal,
    ddl.DropPrincipal: principals.run_drop_principal,
    ddl.AlterRole: principals.run_alter_role,
}
"""What runs each kind of statement; one that gives results gives them one after the other."""

HOLDS_OTHERS = (st.Block, st.If, st.While, st.Try, st.ExecuteText, st.ExecuteProcedure, st.RaiseError)
"""Statements that leave @@ERROR as those within them left it, or set it themselves."""

REFUSED_WHEN_DOOMED = (
    st.Query,
    st.Begin,
    st.Insert,
    st.Update,
    st.Delete,
    st.Merge,
    st.Truncate,
    ddl.CreateSchema,
    ddl.CreateTable,
    ddl.CreateTableAs,
    ddl.CreateView,
    ddl.CreateProcedure,
    ddl.Drop,
    ddl.Rename,
)
"""DDL, DML and SELECT, before which a transaction that failed must be rolled back."""
