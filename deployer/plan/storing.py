"""The statements that keep models: schemas, the models table, a version's row, and what is read of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deployer.names import ObjectName
from deployer.plan.records import Statement
from deployer.plan.writer import Writer
from deployer.sql import render


def create_schemas(writer: Writer, names: Iterable[ObjectName]) -> Iterator[Statement]:
    """The schemas of all objects that are made. A database has dbo from the start."""
    for schema in dict.fromkeys(name.schema for name in names if name.schema.casefold() != "dbo"):
        create = render(writer.environment, "create_schema.sql.j2", schema=schema).strip()
        yield writer.write(f"create schema {schema}", "schema", "schema", schema=schema, statement=create)


def create_models_table(writer: Writer) -> Statement:
    return writer.write("create the models table", "models_table", "models table", creates=writer.spec.models_table)


def store_model(writer: Writer) -> Statement:
    return writer.write("store the model", "store_model", "store", (writer.model.content,))


def verify_model(writer: Writer) -> Statement:
    return writer.write("verify the stored model", "verify_model", "verify")


def read_digest(writer: Writer) -> Statement:
    return writer.write("read the stored model's size and SHA-256", "stored_digest")


def read_model(writer: Writer) -> Statement:
    return writer.write("read the stored model", "stored_model")
