"""What is in a database's catalog of models, and what to run to change it. Nothing is run here.

Versions are rows that never change; an alias is a row that says which version it stands for; the history has a row for
every change. A `Catalog` is what was read of them, with the views and procedures beside; `compare_catalog` holds it
against a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from deployer.errors import CatalogError, PlanError
from deployer.names import ObjectName, list_names, nearest
from deployer.plan import Plan, Statement
from deployer.plan.storing import write_catalog
from deployer.plan.tables import ALIAS_LENGTH, ID_LENGTH, CatalogTables, mentions
from deployer.plan.writer import ERRORS, TOOL, catalog_messages, hash_text, write_statement
from deployer.sql import find_templates, make_environment, quote_object, quote_text
from deployer.target import Target

# --- What was read ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One row of the models table. `size` in bytes; `digest` is None where the server could not hash."""

    model_id: str
    name: str
    version: int | None
    size: int
    digest: str | None
    created_time: datetime | None
    created_by: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """What an alias of a model stands for. `number` is the event that made it so."""

    name: str
    alias: str
    model_id: str
    version: int | None
    number: int
    changed_time: datetime | None
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the history. `previous` is the event that rolling back this one returns to."""

    number: int
    time: datetime
    who: str | None
    action: str
    model_id: str
    name: str
    version: int | None
    alias: str | None
    previous: int | None
    digest: str | None
    source: str | None
    run_id: str | None
    tool: str | None


@dataclass(frozen=True, slots=True)
class Object:
    """A table, view or procedure of the database. `definition` is the text of a view or procedure."""

    kind: Literal["table", "view", "procedure"]
    name: ObjectName
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a database has of models: rows in the order of name and version, events in that of their numbers."""

    tables: CatalogTables
    present: frozenset[ObjectName]
    """Those of the tables that are there."""
    versions: tuple[StoredVersion, ...] = ()
    aliases: tuple[Alias, ...] = ()
    history: tuple[Event, ...] = ()
    objects: tuple[Object, ...] = ()

    def rows_of(self, model_id: str) -> tuple[StoredVersion, ...]:
        """The rows of one version: one, unless it is not there or something is wrong."""
        return tuple(row for row in self.versions if row.model_id.casefold() == model_id.casefold())

    def find_alias(self, name: str, alias: str) -> Alias | None:
        return next(
            (
                row
                for row in self.aliases
                if (row.name.casefold(), row.alias.casefold()) == (name.casefold(), alias.casefold())
            ),
            None,
        )

    def need_version(self, name: str, version: int) -> None:
        """Raises `CatalogError` where a version is not there exactly once."""
        rows = self.rows_of(f"{name}:{version}")
        if not rows:
            names = {row.name for row in self.versions}
            kept = [row.version for row in self.versions if row.name.casefold() == name.casefold()]
            listed = list_names([str(number) for number in kept])
            there = f"; its versions are {listed}" if kept else nearest(name, names)
            raise CatalogError(
                f"{self.tables.models} holds no model {f'{name}:{version}'!r}{there}", hint="deployer apply stores one"
            )
        if len(rows) > 1:
            raise CatalogError(
                f"{self.tables.models} holds model {rows[0].model_id!r} {len(rows)} times",
                hint="take it out of use, then deployer remove and deployer apply",
            )

    def need_removable(self, name: str, version: int) -> None:
        """Raises `CatalogError` where a version is not there, or is in use."""
        model_id = f"{name}:{version}"
        if not self.rows_of(model_id):
            self.need_version(name, version)
        aliases = [row.alias for row in self.aliases if row.model_id.casefold() == model_id.casefold()]
        if aliases:
            raise CatalogError(
                f"alias {list_names(aliases)} stands for {model_id!r}", hint="promote another version there first"
            )
        users = [f"{found.kind} {found.name}" for found in self.users_of(model_id)]
        if users:
            raise CatalogError(
                f"{list_names(users)} uses {model_id!r}", hint="deploy another version there first, or drop it"
            )

    def users_of(self, model_id: str) -> tuple[Object, ...]:
        """The views and procedures that name a version."""
        wanted = [mention.casefold() for mention in mentions(model_id)]
        return tuple(
            found for found in self.objects if any(mention in found.definition.casefold() for mention in wanted)
        )

    def followers_of(self, name: str, alias: str) -> tuple[Object, ...]:
        """The views and procedures that score with what an alias stands for."""
        wanted = f"[name] = {quote_text(name)} and [alias] = {quote_text(alias)}".casefold()
        table = quote_object(self.tables.aliases).casefold()
        return tuple(
            found
            for found in self.objects
            if table in found.definition.casefold() and wanted in found.definition.casefold()
        )


# --- What to run -----------------------------------------------------------------------------------------------------


class CatalogWriter:
    """Writes the statements that read and change one catalog. The same input gives the same text."""

    def __init__(self, tables: CatalogTables, target: Target, templates: Path | None = None) -> None:
        self.tables, self.target = tables, target
        folders = ([templates] if templates else []) + [
            find_templates() / folder for folder in (target.templates, "common")
        ]
        self.environment = make_environment(*folders)

    def promote(self, name: str, version: int, alias: str) -> Statement:
        """Make an alias stand for a version that is stored; nothing where it does."""
        facts = self._facts(name, version, alias)
        return self._write(f"make {alias} of {name} stand for version {version}", "promote", facts)

    def roll_back(self, name: str, alias: str) -> Statement:
        """Make an alias stand for what it stood for before; once more leads one step further back."""
        return self._write(f"roll {alias} of {name} back", "rollback", self._facts(name, 0, alias))

    def remove(self, name: str, version: int) -> Statement:
        """Delete a version; refused while an alias, a view or a procedure uses it. The history keeps that it was."""
        facts = self._facts(name, version, "") | {"mentions": mentions(f"{name}:{version}")}
        return self._write(f"remove version {version} of {name}", "remove_model", facts)

    def create(self, catalog: Catalog) -> tuple[Statement, ...]:
        """Make those of the tables that are not there."""
        return tuple(
            statement
            for statement in write_catalog(self.environment, self._facts("", 0, ""))
            if statement.creates not in catalog.present
        )

    def read(self, template: str, **facts: object) -> Statement:
        """One of the queries that a `Catalog` is read by."""
        return self._write(
            f"read {self.tables.models}",
            template,
            self._facts("", 0, "") | {"quoted": [quote_object(table) for table in self.tables]} | facts,
        )

    def _facts(self, name: str, version: int, alias: str) -> dict[str, Any]:
        model_id = f"{name}:{version}"
        for what, text, limit in (("ID", model_id, ID_LENGTH), ("alias", alias, ALIAS_LENGTH)):
            if len(text.encode("utf-16-le", "surrogatepass")) // 2 > limit:
                raise PlanError(f"the {what} is longer than {limit} characters", hint="no model can be stored so")
        return {
            "target": self.target,
            "catalog": self.tables,
            "model": {"id": model_id, "name": name, "version": version},
            "alias": alias,
            "tool": TOOL,
            "errors": ERRORS,
            "messages": catalog_messages(self.tables, name, version, alias),
        }

    def _write(self, purpose: str, template: str, facts: Mapping[str, Any]) -> Statement:
        return write_statement(self.environment, purpose, template, facts, kind="catalog")


# --- Comparing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the registry and the spec say."""

    kind: Literal["missing", "stale", "changed by hand", "hash differs", "two rows", "differs"]
    where: str
    message: str
    help: str


def compare_catalog(plan: Plan, catalog: Catalog) -> tuple[Difference, ...]:
    """What of a plan is missing in the database, stale, or not what was stored and made."""
    return (
        *_compare_tables(plan, catalog),
        *_compare_rows(plan, catalog),
        *_compare_alias(plan, catalog),
        *_compare_objects(plan, catalog),
    )


_APPLY = "deployer apply puts it there"


def _compare_tables(plan: Plan, catalog: Catalog) -> Iterator[Difference]:
    there = {str(found.name).casefold() for found in catalog.objects if found.kind == "table"}
    for statement in plan.statements:
        name = statement.creates
        if name is not None and statement.kind not in {"view", "procedure"} and str(name).casefold() not in there:
            yield Difference("missing", str(name), f"table {name} is not there", _APPLY)


def _compare_rows(plan: Plan, catalog: Catalog) -> Iterator[Difference]:
    table, model = catalog.tables.models, plan.model
    rows = catalog.rows_of(plan.model_id)
    same_name = [row for row in catalog.versions if row.name.casefold() == model.name.casefold()]
    if not rows:
        kept = ", ".join(str(row.version) for row in same_name) or "none"
        yield Difference(
            "missing",
            str(table),
            f"{plan.model_id} is not stored; versions that are: {kept}",
            "deployer apply stores it",
        )
    if len(rows) > 1:
        yield Difference(
            "two rows",
            str(table),
            f"{plan.model_id} is there {len(rows)} times, so every view that uses it fails",
            "take it out of use, then deployer remove and deployer apply",
        )
    for row in rows:
        if row.size != len(model.content) or (row.digest or model.digest) != model.digest:
            yield Difference(
                "hash differs",
                str(table),
                f"{row.model_id} is {row.size:,} bytes with SHA-256 {row.digest}; the registry's, as it is fixed for "
                f"the target, is {len(model.content):,} bytes with {model.digest}",
                "a stored version never changes: deploy under a new version",
            )
    for row in same_name:
        told = _digest_told(catalog, row.model_id)
        if None not in (told, row.digest) and told != row.digest:
            yield Difference(
                "changed by hand",
                str(table),
                f"{row.model_id} has SHA-256 {row.digest}; the history says that {told} was stored",
                "take it out of use, then deployer remove and deployer apply",
            )


def _digest_told(catalog: Catalog, model_id: str) -> str | None:
    stored = [
        event.digest
        for event in catalog.history
        if event.action == "store" and event.model_id.casefold() == model_id.casefold()
    ]
    return stored[-1] if stored else None


def _compare_alias(plan: Plan, catalog: Catalog) -> Iterator[Difference]:
    alias = plan.spec.alias
    if alias is None:
        return
    found, where = catalog.find_alias(plan.model.name, alias), str(catalog.tables.aliases)
    promote = f"deployer promote {plan.model.name} {plan.model.version} --alias {alias}"
    if found is None:
        yield Difference("missing", where, f"{plan.model.name} has no alias {alias}", promote)
    elif found.model_id.casefold() != plan.model_id.casefold():
        yield Difference(
            "stale", where, f"{alias} stands for {found.model_id}; the registry's is {plan.model_id}", promote
        )


def _compare_objects(plan: Plan, catalog: Catalog) -> Iterator[Difference]:
    there = {str(found.name).casefold(): found for found in catalog.objects}
    made = [s for s in plan.statements if s.kind in {"view", "procedure"} and s.creates is not None]
    planned = {str(statement.creates).casefold() for statement in made}
    for statement in made:
        found, where = there.get(str(statement.creates).casefold()), str(statement.creates)
        if found is None or not found.definition:
            yield Difference("missing", where, f"{statement.kind} {where} is not there", _APPLY)
            continue
        _, wanted = split_definition(statement.sql)
        told, body = split_definition(found.definition)
        if hash_text(body) == hash_text(wanted):
            continue
        again = "deployer apply makes it again"
        if told is None:
            yield Difference("differs", where, f"{statement.kind} {where} is not what is planned", again)
        elif told == hash_text(body):
            yield Difference("stale", where, f"{statement.kind} {where} was made from another plan", again)
        else:
            kept = f"{again}; to keep the change, put it into the spec or a template"
            yield Difference("changed by hand", where, f"{statement.kind} {where} is not what the deployer made", kept)
    for row in catalog.versions:
        if row.name.casefold() != plan.model.name.casefold() or row.model_id.casefold() == plan.model_id.casefold():
            continue
        for found in catalog.users_of(row.model_id):
            if str(found.name).casefold() not in planned:
                yield Difference(
                    "stale",
                    str(found.name),
                    f"{found.kind} {found.name} uses {row.model_id}; the registry's is {plan.model_id}",
                    "deploy it from its own spec, or drop it",
                )


_DIGEST = re.compile(r"^-- What follows has SHA-256 ([0-9a-f]{64})\.$")


def split_definition(text: str) -> tuple[str | None, str]:
    """The hash in the header of a view or procedure, None without one, and what follows the header."""
    lines = text.splitlines()
    digest = None
    while lines and (not lines[0].strip() or lines[0].startswith("--")):
        match = _DIGEST.match(lines.pop(0).rstrip())
        digest = match[1] if match else digest
    return digest, "\n".join(lines)
