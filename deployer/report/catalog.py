"""The catalog of models as data and as text: status, differences, and what a change did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from deployer.report.data import Data
from deployer.report.text import count_things, render_table

if TYPE_CHECKING:
    from deployer.catalog import Catalog, Difference, Event, StoredVersion

_SHOWN = 12
"""Digits of a hash that are shown to people; JSON has all."""


def describe_catalog(catalog: Catalog) -> Data:
    return {
        "models_table": str(catalog.tables.models),
        "versions": [
            {
                "id": row.model_id,
                "name": row.name,
                "version": row.version,
                "bytes": row.size,
                "sha256": row.digest,
                "created_time": _moment(row.created_time),
                "created_by": row.created_by,
                "aliases": _aliases(catalog, row),
                "used_by": _users(catalog, row),
            }
            for row in catalog.versions
        ],
        "history": [_describe_event(event) for event in catalog.history],
    }


def _describe_event(event: Event) -> Data:
    return {
        "number": event.number,
        "time": _moment(event.time),
        "who": event.who,
        "action": event.action,
        "model_id": event.model_id,
        "alias": event.alias,
        "sha256": event.digest,
        "source": event.source,
        "run_id": event.run_id,
        "tool": event.tool,
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(sep=" ", timespec="seconds")


def _aliases(catalog: Catalog, row: StoredVersion) -> list[str]:
    return [alias.alias for alias in catalog.aliases if alias.model_id.casefold() == row.model_id.casefold()]


def _users(catalog: Catalog, row: StoredVersion) -> list[str]:
    """Views and procedures that name the version, and those that follow one of its aliases."""
    found = [str(user.name) for user in catalog.users_of(row.model_id)]
    for alias in _aliases(catalog, row):
        found += [f"{user.name} by {alias}" for user in catalog.followers_of(row.name, alias)]
    return found


def render_status(catalog: Catalog, events: int) -> str:
    """The versions, and the last `events` of the history."""
    if not catalog.versions:
        return f"{catalog.tables.models} holds no model"
    rows = [
        (
            row.model_id,
            f"{row.size:,}",
            (row.digest or "not known")[:_SHOWN],
            _moment(row.created_time) or "",
            row.created_by or "",
            ", ".join(_aliases(catalog, row)),
            ", ".join(_users(catalog, row)),
        )
        for row in catalog.versions
    ]
    parts = [render_table(rows, ("model", "bytes", "SHA-256", "stored", "by", "aliases", "used by"))]
    last = [
        (str(event.number), _moment(event.time) or "", event.who or "", event.action, event.model_id, event.alias or "")
        for event in catalog.history[-events:]
    ]
    if last and events:
        parts.append(render_table(last, ("number", "time", "who", "action", "model", "alias")))
    return "\n\n".join(parts)


def describe_difference(difference: Difference) -> Data:
    return {
        "kind": difference.kind,
        "where": difference.where,
        "message": difference.message,
        "help": difference.help,
    }


def render_differences(model_id: str, differences: Sequence[Difference]) -> str:
    if not differences:
        return click.style(f"{model_id}: registry and database are the same", fg="green")
    paragraphs = [
        f"{click.style(found.kind, fg='red')} at {found.where}\n  {found.message}\n  {found.help}"
        for found in differences
    ]
    return "\n\n".join([*paragraphs, count_things(len(differences), "difference")])
