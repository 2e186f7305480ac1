"""What changes a database: a plan is applied, the catalog is read and changed.

Statements can run twice, so what another session came between is simply run again.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from deployer.catalog import Alias, Catalog, CatalogWriter, Event, Object, StoredVersion
from deployer.database import Database
from deployer.errors import ConflictError, DatabaseError
from deployer.names import ObjectName
from deployer.plan import Applied, Plan, Statement
from deployer.plan.tables import CatalogTables

Progress = Callable[[Statement], None]

_ATTEMPTS = 60
_LONGEST_WAIT = 1.0
"""Seconds. Waits begin at a hundredth and double, each by chance up to twice as long, so that two do not meet again."""


def apply_plan(plan: Plan, database: Database, progress: Progress | None = None) -> Applied:
    """Run a plan's statements in their order; `progress` is called before each. It can be run twice, and by several.

    The stored bytes are read back by
    size and SHA-256. Raises `DatabaseError` where the database refuses, and where the models table holds other bytes
    under this version: then nothing is changed.
    """
    stored = False

    def run(statement: Statement) -> None:
        nonlocal stored
        if statement is plan.verify:
            _verify(plan, database)
        elif statement is not plan.store:
            database.run(statement)
        elif not _is_stored(plan, database):
            database.run(statement)
            stored = True

    _run_all(plan.statements, run, progress)
    return Applied(plan.model_id, stored, len(plan.statements) - (not stored))


def change_catalog(statements: Sequence[Statement], database: Database, progress: Progress | None = None) -> None:
    """Run statements that change the catalog. Raises `DatabaseError` where the database, or a statement, refuses."""
    _run_all(statements, database.run, progress)


def _run_all(
    statements: Sequence[Statement], run: Callable[[Statement], None], progress: Progress | None = None
) -> None:
    """Run statements in their order. Where another session comes between, go back one and go on from there: so that
    what was dropped to be made again, and was made by the other one, is dropped again.
    """
    at, conflicts, wait = 0, 0, 0.01
    while at < len(statements):
        if progress is not None:
            progress(statements[at])
        try:
            run(statements[at])
        except ConflictError:
            conflicts += 1
            if conflicts == _ATTEMPTS:
                raise
            time.sleep(random.uniform(wait, 2 * wait))  # noqa: S311 - no secret
            wait = min(2 * wait, _LONGEST_WAIT)
            at = max(0, at - 1)
        else:
            at += 1


# --- Reading ---------------------------------------------------------------------------------------------------------


_KINDS: dict[str, Any] = {"U": "table", "V": "view", "P": "procedure"}


def read_catalog(writer: CatalogWriter, database: Database) -> Catalog:
    """What the database has; tables that are not there have no rows. Raises `DatabaseError` where it refuses."""
    tables = writer.tables
    (flags,) = database.fetch(writer.read("catalog_present"))
    present = frozenset(table for table, flag in zip(tables, flags, strict=True) if flag)

    def rows(table: ObjectName, template: str) -> list[tuple[Any, ...]]:
        return database.fetch(writer.read(template)) if table in present else []

    objects = database.fetch(writer.read("catalog_objects"))
    return Catalog(
        tables,
        present,
        tuple(_read_versions(writer, database) if tables.models in present else ()),
        tuple(Alias(*row) for row in rows(tables.aliases, "catalog_aliases")),
        tuple(Event(*row) for row in rows(tables.history, "catalog_history")),
        tuple(
            Object(_KINDS[kind.strip()], ObjectName(schema, name), definition or "")
            for schema, name, kind, definition in objects
        ),
    )


def need_catalog(writer: CatalogWriter, database: Database) -> Catalog:
    """The same; raises `DatabaseError` where there is no models table."""
    catalog = read_catalog(writer, database)
    if writer.tables.models not in catalog.present:
        raise DatabaseError(
            f"no models table {str(writer.tables.models)!r}, or no right to see it",
            hint="deployer apply makes it; --models-table names another",
        )
    return catalog


def read_alias(plan: Plan, database: Database) -> int | None:
    """The version that the plan's alias stands for; None without an alias."""
    if plan.spec.alias is None:
        return None
    writer = CatalogWriter(CatalogTables.of(plan.spec.models_table), plan.target)
    rows = [Alias(*row) for row in database.fetch(writer.read("catalog_aliases"))]
    found = Catalog(writer.tables, frozenset(), aliases=tuple(rows)).find_alias(plan.model.name, plan.spec.alias)
    return found.version if found else None


def _read_versions(writer: CatalogWriter, database: Database) -> list[StoredVersion]:
    try:
        rows = database.fetch(writer.read("catalog_versions", hashed=True))
    except DatabaseError:
        # Some servers hash no more than 8,000 bytes.
        rows = database.fetch(writer.read("catalog_versions", hashed=False))
    return [
        StoredVersion(model_id, name, version, size or 0, bytes(digest).hex() if digest else None, made, by)
        for model_id, name, version, size, digest, made, by in rows
    ]


# --- The stored bytes ------------------------------------------------------------------------------------------------


def _is_stored(plan: Plan, database: Database) -> bool:
    """Whether these bytes are there under this version; `DatabaseError` where others are."""
    found = _stored_digests(plan, database)
    if not found:
        return False
    if found == [(len(plan.model.content), plan.model.digest)]:
        return True
    held = " and ".join(f"{size:,} bytes with SHA-256 {digest}" for size, digest in found)
    raise DatabaseError(
        f"{plan.spec.models_table} already holds model {plan.model_id!r} as {held}; "
        f"these are {len(plan.model.content):,} bytes with SHA-256 {plan.model.digest}",
        hint="a stored version never changes: deploy under a new version",
    )


def _stored_digests(plan: Plan, database: Database) -> list[tuple[int, str]]:
    """Size and SHA-256 of each row of this version."""
    try:
        rows = database.fetch(plan.stored_digest)
    except DatabaseError:
        # Some servers hash no more than 8,000 bytes: then the bytes are hashed here.
        contents = [row[0] or b"" for row in database.fetch(plan.stored_model)]
        return [(len(content), hashlib.sha256(content).hexdigest()) for content in contents]
    return [(size or 0, bytes(digest or b"").hex()) for size, digest in rows]


def _verify(plan: Plan, database: Database) -> None:
    try:
        database.run(plan.verify)
    except DatabaseError:
        # Where the server cannot hash, the bytes tell; where it can, they tell the same as its refusal.
        if _stored_digests(plan, database) != [(len(plan.model.content), plan.model.digest)]:
            raise
