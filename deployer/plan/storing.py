"""The statements that keep models: schemas, the tables, a version's row, its publication, and what is read of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.names import ObjectName
from deployer.plan.records import Statement
from deployer.plan.tables import ALIASES, HISTORY, MODELS, CatalogTables
from deployer.plan.writer import Writer, write_statement
from deployer.sql import quote_object, render

if TYPE_CHECKING:
    import jinja2


def create_schemas(writer: Writer, names: Iterable[ObjectName]) -> Iterator[Statement]:
    """The schemas of all objects that are made. A database has dbo from the start."""
    for schema in dict.fromkeys(name.schema for name in names if name.schema.casefold() != "dbo"):
        create = render(writer.environment, "create_schema.sql.j2", schema=schema).strip()
        yield writer.write(f"create schema {schema}", "schema", "schema", schema=schema, statement=create)


def write_catalog(environment: jinja2.Environment, facts: Mapping[str, Any]) -> Iterator[Statement]:
    """The models table and those beside it, each made where it is absent and looked at where it is not."""
    tables: CatalogTables = facts["catalog"]
    for table, columns in ((tables.models, MODELS), (tables.aliases, ALIASES), (tables.history, HISTORY)):
        own = {
            "table": table,
            "quoted": quote_object(table),
            "columns": columns,
            "message": f"table {table} is not as it has to be",
        }
        purpose = f"create or check table {table}"
        yield write_statement(
            environment, purpose, "catalog_table", {**facts, **own}, kind="models table", creates=table
        )
    own = {"quoted": quote_object(tables.lock)}
    purpose = f"create table {tables.lock}"
    yield write_statement(
        environment, purpose, "lock_table", {**facts, **own}, kind="models table", creates=tables.lock
    )


def store_model(writer: Writer) -> Statement:
    return writer.write("store the model", "store_model", "store", (writer.model.content,))


def verify_model(writer: Writer) -> Statement:
    return writer.write("verify the stored model", "verify_model", "verify")


def publish_model(writer: Writer) -> Statement:
    """Write down that what was made uses this version; where it follows an alias, give the alias its first version."""
    alias = writer.spec.alias
    purpose = f"make {alias} stand for the model where it stands for none" if alias else "note what is published"
    return writer.write(purpose, "publish", "publish")


def read_digest(writer: Writer) -> Statement:
    return writer.write("read the stored model's size and SHA-256", "stored_digest")


def read_model(writer: Writer) -> Statement:
    return writer.write("read the stored model", "stored_model")
