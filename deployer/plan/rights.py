"""Rights: what each role may do, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployer.names import ObjectName
from deployer.plan.filling import writes_by_merge
from deployer.plan.records import Statement
from deployer.plan.tables import CatalogTables
from deployer.plan.writer import Writer
from deployer.spec import ProcedureSpec, SampleSpec, TableSpec, ViewSpec


@dataclass(frozen=True, slots=True)
class Grant:
    """A right on an object, on a schema, or, with neither, on the database."""

    right: str
    object: ObjectName | None = None
    schema: str = ""


def grant_rights(writer: Writer) -> Iterator[Statement]:
    """A role, where it is not there yet, and its grants, for each that the spec names."""
    roles = writer.spec.roles
    for role, what, grants in (
        (roles.deploy, "deploys", _deploy),
        (roles.score, "scores", _score),
        (roles.read, "reads scores", _read),
    ):
        if role is not None:
            listed = list(dict.fromkeys(grants(writer)))
            yield writer.write(
                f"give role {role} the rights of who {what}", "grant_rights", "role", role=role, grants=listed
            )


def _deploy(writer: Writer) -> Iterator[Grant]:
    spec = writer.spec
    yield from (Grant("CREATE TABLE"), Grant("CREATE VIEW"), Grant("CREATE PROCEDURE"))
    made = [spec.models_table, *_made(writer)]
    for schema in dict.fromkeys(name.schema for name in made):
        yield Grant("ALTER", schema=schema)
    tables = CatalogTables.of(spec.models_table)
    for table in tables:
        yield Grant("SELECT", table)
    for table in (tables.models, tables.aliases, tables.history):
        yield Grant("INSERT", table)
    for table in (tables.aliases, tables.lock):
        yield Grant("UPDATE", table)
    yield Grant("SELECT", spec.data)
    if any(isinstance(entry, (SampleSpec, TableSpec)) for entry in spec.statements):
        yield Grant("EXECUTE")
    for entry in spec.statements:
        if isinstance(entry, TableSpec):
            yield from _write(writer, entry, entry.table)


def _score(writer: Writer) -> Iterator[Grant]:
    spec = writer.spec
    # learn.microsoft.com, PREDICT: EXECUTE on the database, SELECT on what is read.
    yield Grant("EXECUTE")
    yield Grant("SELECT", spec.data)
    yield Grant("SELECT", spec.models_table)
    if spec.alias:
        yield Grant("SELECT", CatalogTables.of(spec.models_table).aliases)
    for entry in spec.statements:
        if isinstance(entry, ViewSpec):
            yield Grant("SELECT", entry.view)
        if isinstance(entry, ProcedureSpec) and entry.into is not None:
            yield from _write(writer, entry, entry.into)


def _write(writer: Writer, entry: ProcedureSpec | TableSpec, filled: ObjectName) -> Iterator[Grant]:
    """What a run needs that fills a table, and logs it."""
    for right in ("SELECT", "INSERT", "UPDATE"):
        yield Grant(right, writer.spec.log_table)
    if entry.mode == "replace":
        # Each run makes the table anew, so no right on the table itself would last.
        yield Grant("CREATE TABLE")
        yield Grant("ALTER", schema=filled.schema)
        yield Grant("SELECT", schema=filled.schema)
        return
    yield Grant("SELECT", filled)
    yield Grant("INSERT", filled)
    if writes_by_merge(writer, entry):
        yield Grant("UPDATE", filled)
    elif entry.mode != "insert":
        yield Grant("DELETE", filled)


def _read(writer: Writer) -> Iterator[Grant]:
    for entry in writer.spec.statements:
        if not isinstance(entry, (ProcedureSpec, TableSpec)) or entry.filled is None:
            continue
        if entry.mode == "replace":
            yield Grant("SELECT", schema=entry.filled.schema)
        else:
            yield Grant("SELECT", entry.filled)
        yield Grant("SELECT", writer.spec.log_table)


def _made(writer: Writer) -> Iterable[ObjectName]:
    for entry in writer.spec.statements:
        if isinstance(entry, ViewSpec):
            yield entry.view
        if isinstance(entry, ProcedureSpec):
            yield entry.procedure
        if isinstance(entry, (ProcedureSpec, TableSpec)) and entry.filled is not None:
            yield entry.filled
            yield writer.spec.log_table
