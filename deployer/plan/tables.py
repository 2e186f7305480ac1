"""The tables that keep models: the wizard's own, and beside it aliases, history and the lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deployer.names import ObjectName, beside
from deployer.sql import quote_text

ID_LENGTH = 1024
"""The wizard's ID and description are nvarchar(1024)."""

ALIAS_LENGTH = 128
"""Longest alias, in UTF-16 units."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is made, and as an existing table has to have it."""

    name: str
    type: str
    required: bool = False


_ID, _USER, _MOMENT = f"nvarchar({ID_LENGTH})", "nvarchar(128)", "datetime2(7)"

MODELS = (
    Column("ID", _ID, required=True),
    Column("name", _ID, required=True),
    Column("description", _ID),
    Column("version", "int"),
    Column("created_time", _MOMENT),
    Column("created_by", _USER),
    Column("framework", "nvarchar(64)"),
    Column("model", "varbinary(max)"),
    Column("inputs_schema", "nvarchar(max)"),
    Column("outputs_schema", "nvarchar(max)"),
)
"""The table of Synapse Studio's wizard, as two dumps of it show it. ID is `name:version`."""

ALIASES = (
    Column("name", _ID, required=True),
    Column("alias", f"nvarchar({ALIAS_LENGTH})", required=True),
    Column("model_id", _ID, required=True),
    Column("version", "int"),
    Column("sha256", "char(64)"),
    Column("number", "bigint", required=True),
    Column("changed_time", _MOMENT),
    Column("changed_by", _USER),
)
"""One row for each alias of a model: what it stands for now. `number` is the history's row that says since when."""

HISTORY = (
    Column("number", "bigint", required=True),
    Column("time", _MOMENT, required=True),
    Column("who", _USER),
    Column("action", "nvarchar(16)", required=True),
    Column("model_id", _ID, required=True),
    Column("name", _ID, required=True),
    Column("version", "int"),
    Column("alias", f"nvarchar({ALIAS_LENGTH})"),
    Column("previous", "bigint"),
    Column("sha256", "char(64)"),
    Column("source", "nvarchar(4000)"),
    Column("run_id", "nvarchar(256)"),
    Column("tool", "nvarchar(64)"),
)
"""Every change, in the order of `number`, and never changed itself. `previous` is the number of the promotion that
rolling back this one returns to.
"""


@dataclass(frozen=True, slots=True)
class CatalogTables:
    """A models table and the tables beside it, called after it."""

    models: ObjectName
    aliases: ObjectName
    history: ObjectName
    lock: ObjectName
    """Its one row is updated first by every change, which makes changes wait for each other."""

    @classmethod
    def of(cls, models: ObjectName) -> CatalogTables:
        """`ml.models`, `ml.models_aliases`, `ml.models_history`, `ml.models_lock`."""
        return cls(models, *(beside(models, f"_{ending}") for ending in ("aliases", "history", "lock")))

    def __iter__(self) -> Iterator[ObjectName]:
        return iter((self.models, self.aliases, self.history, self.lock))


def mentions(model_id: str) -> tuple[str, ...]:
    """How the text of a view or procedure can name a version: as it is written here, and as by hand."""
    written = quote_text(model_id)
    by_hand = "'" + model_id.replace("'", "''") + "'"
    return (by_hand,) if written == f"N{by_hand}" else (written, by_hand)
