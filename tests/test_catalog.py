"""The catalog of models: promoted, rolled back, removed, compared, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from deployer.apply import apply_plan, change_catalog, read_catalog
from deployer.catalog import Catalog, CatalogWriter, compare_catalog
from deployer.database import Database, open_database, score_rows
from deployer.errors import CatalogError, DatabaseError, PlanError
from deployer.names import ObjectName
from deployer.plan import Statement
from deployer.plan.tables import CatalogTables
from tests.cases import TAXI, refuse_what_is_no_sql
from tests.test_concurrency import NAME, TARGET, WRITER, create_data, plan_for

HOSTILE = "it's ]; DROP TABLE x; -- /* ? :x %s {{ $(y) \xfc\nGO"


@pytest.fixture
def database() -> Iterator[Database]:
    with open_database("mssql+emulator://") as opened:
        create_data(opened)
        run(opened, "INSERT INTO [dbo].[nyc_taxi] SELECT 1, 10.0, 2, 'card'")
        yield opened


def run(database: Database, sql: str) -> None:
    database.run(Statement("test", sql))


def promote(database: Database, version: int, alias: str = "champion") -> None:
    change_catalog([WRITER.promote(NAME, version, alias)], database)


def roll_back(database: Database) -> None:
    change_catalog([WRITER.roll_back(NAME, "champion")], database)


def read(database: Database) -> Catalog:
    return read_catalog(WRITER, database)


def champion(database: Database) -> int | None:
    found = read(database).find_alias(NAME, "champion")
    return found.version if found else None


def three_versions(database: Database) -> None:
    """Each multiplies by its own number; a view follows the champion, which is the first."""
    for version in (1, 2, 3):
        text = TAXI.replace("0.5", f"{version}.0")
        apply_plan(plan_for(version, text, alias="champion"), database)


# --- Promoting and rolling back --------------------------------------------------------------------------------------


def test_a_view_scores_with_what_the_alias_stands_for(database: Database) -> None:
    three_versions(database)
    plan = plan_for(3, TAXI.replace("0.5", "3.0"), alias="champion")

    def score() -> float:
        (batch,) = score_rows(plan, database)
        return float(batch["score"][0])

    assert score() == np.float32(10)
    promote(database, 3)
    assert score() == np.float32(30)
    roll_back(database)
    assert score() == np.float32(10)


def test_a_procedure_logs_the_version_that_it_scored_with(database: Database) -> None:
    entries = [{"procedure": "ml.score_tips", "into": "ml.tips", "mode": "replace"}]
    plans = [
        plan_for(version, TAXI.replace("0.5", f"{version}.0"), alias="champion", statements=entries)
        for version in (1, 2)
    ]
    for number, plan in enumerate(plans, 1):
        apply_plan(plan, database)
        promote(database, number)
        run(database, "EXEC [ml].[score_tips]")
        scores = database.fetch(Statement("test", "SELECT [score] FROM [ml].[tips]"))
        assert scores == [(np.float32(10 * number),)]
    logged = database.fetch(
        Statement("test", "SELECT [model_id], [model_sha256] FROM [ml].[scoring_log] WHERE [output] = N'score'")
    )
    assert sorted(logged) == [(plan.model_id, plan.model.digest) for plan in plans]


def test_rolling_back_goes_one_promotion_further_back_each_time(database: Database) -> None:
    three_versions(database)
    promote(database, 2)
    promote(database, 3)
    promote(database, 3)  # is so already: nothing to roll back to
    assert champion(database) == 3
    for version in (2, 1):
        roll_back(database)
        assert champion(database) == version
    with pytest.raises(DatabaseError, match=r"51007.*stood for no other version before") as caught:
        roll_back(database)
    assert "promote" in caught.value.hint
    assert [(event.action, event.version) for event in read(database).history if event.alias] == [
        ("promote", 1),
        ("promote", 2),
        ("promote", 3),
        ("roll back", 2),
        ("roll back", 1),
    ]
    promote(database, 3)
    roll_back(database)
    assert champion(database) == 1


def test_the_history_says_who_what_when_and_from_where(database: Database) -> None:
    plan = plan_for(3)
    apply_plan(plan, database)
    (stored, published) = read(database).history
    assert (stored.action, published.action) == ("store", "publish")
    for event in (stored, published):
        assert (event.model_id, event.digest) == (plan.model_id, plan.model.digest)
        assert (event.tool or "").startswith("deployer ")
        assert event.who
        assert event.time
    assert stored.number < published.number


def test_other_aliases_stand_beside(database: Database) -> None:
    three_versions(database)
    promote(database, 3, HOSTILE.replace("\n", " "))
    assert champion(database) == 1
    (challenger,) = [row for row in read(database).aliases if row.alias != "champion"]
    assert (challenger.alias, challenger.version) == (HOSTILE.replace("\n", " "), 3)


def test_what_cannot_be_promoted_is_told(database: Database) -> None:
    three_versions(database)
    with pytest.raises(DatabaseError, match=r"51001.*exactly one row of model nyc_taxi_tip:4"):
        promote(database, 4)
    with pytest.raises(CatalogError, match="holds no model 'nyc_taxi_tip:4'; its versions are 1, 2, 3"):
        read(database).need_version(NAME, 4)
    with pytest.raises(CatalogError, match="did you mean 'nyc_taxi_tip'"):
        read(database).need_version("nyc_taxi_tipp", 1)
    with pytest.raises(DatabaseError, match=r"51007.*no alias gone"):
        change_catalog([WRITER.roll_back(NAME, "gone")], database)
    with pytest.raises(PlanError, match="longer than 1024"):
        WRITER.promote("x" * 1024, 1, "champion")


@pytest.mark.parametrize("name", [HOSTILE, "[", "x" * 1000, "GO", "a:1"])
def test_names_of_any_characters_come_back(database: Database, name: str) -> None:
    apply_plan(plan_for(1, name=name), database)
    apply_plan(plan_for(2, name=name), database)
    for statement in (WRITER.promote(name, 1, name[:100]), WRITER.promote(name, 2, name[:100])):
        refuse_what_is_no_sql(statement.script)
        change_catalog([statement], database)
    catalog = read(database)
    assert [row.model_id for row in catalog.versions] == [f"{name}:1", f"{name}:2"]
    assert [(row.alias, row.version) for row in catalog.aliases] == [(name[:100], 2)]
    change_catalog([WRITER.roll_back(name, name[:100])], database)
    with pytest.raises(DatabaseError, match=r"51008.*a view or procedure uses"):
        change_catalog([WRITER.remove(name, 2)], database)


# --- Removing --------------------------------------------------------------------------------------------------------


def test_a_version_in_use_is_not_removed(database: Database) -> None:
    three_versions(database)
    with pytest.raises(DatabaseError, match=r"51008.*an alias stands for"):
        change_catalog([WRITER.remove(NAME, 1)], database)
    with pytest.raises(CatalogError, match="alias champion stands for"):
        read(database).need_removable(NAME, 1)
    run(database, "CREATE VIEW [dbo].[by_hand] AS SELECT [model] FROM ml.models WHERE ID = 'nyc_taxi_tip:2'")
    with pytest.raises(DatabaseError, match=r"51008.*a view or procedure uses"):
        change_catalog([WRITER.remove(NAME, 2)], database)
    with pytest.raises(CatalogError, match=r"view dbo.by_hand uses"):
        read(database).need_removable(NAME, 2)
    for _ in range(2):  # a second time there is nothing to do, and nothing is written down
        change_catalog([WRITER.remove(NAME, 3)], database)
    catalog = read(database)
    assert [row.version for row in catalog.versions] == [1, 2]
    assert [event.version for event in catalog.history if event.action == "remove"] == [3]


def test_what_was_removed_is_not_rolled_back_to(database: Database) -> None:
    three_versions(database)
    promote(database, 2)
    change_catalog([WRITER.remove(NAME, 1)], database)
    with pytest.raises(DatabaseError, match=r"51001.*the model that alias champion"):
        roll_back(database)
    assert champion(database) == 2


# --- Comparing -------------------------------------------------------------------------------------------------------


def kinds(database: Database, version: int = 3, text: str = TAXI, alias: str | None = None) -> list[tuple[str, str]]:
    return [(d.kind, d.where) for d in compare_catalog(plan_for(version, text, alias=alias), read(database))]


def test_what_differs_is_told(database: Database) -> None:
    view, models = "ml.nyc_taxi_tip_scores", "ml.models"
    missing = kinds(database)
    assert ("missing", models) in missing
    assert ("missing", view) in missing
    apply_plan(plan_for(3), database)
    assert kinds(database) == []
    assert kinds(database, text=TAXI.replace("0.5", "2.0")) == [("hash differs", models)]
    assert kinds(database, version=4) == [("missing", models), ("stale", view)]
    assert kinds(database, alias="champion") == [("missing", "ml.models_aliases"), ("stale", view)]
    apply_plan(plan_for(3, alias="champion"), database)
    apply_plan(plan_for(4, alias="champion"), database)
    assert kinds(database, version=4, alias="champion") == [("stale", "ml.models_aliases")]
    (found,) = compare_catalog(plan_for(4, alias="champion"), read(database))
    assert found.help == "deployer promote nyc_taxi_tip 4 --alias champion"


def test_what_was_changed_by_hand_is_told(database: Database) -> None:
    apply_plan(plan_for(3), database)
    ((definition,),) = database.fetch(Statement("test", "SELECT [definition] FROM [sys].[sql_modules]"))
    run(database, "DROP VIEW [ml].[nyc_taxi_tip_scores]")
    # Line ends are not a change: SQL tools write their own.
    run(database, definition.replace("\n", "\r\n"))
    assert kinds(database) == []
    run(database, "DROP VIEW [ml].[nyc_taxi_tip_scores]")
    run(database, definition.replace("[d].[trip_id] AS", "[d].[trip_id] + 1 AS"))
    assert kinds(database) == [("changed by hand", "ml.nyc_taxi_tip_scores")]
    run(database, "UPDATE [ml].[models] SET [model] = 0x00")
    assert ("changed by hand", "ml.models") in kinds(database)
    apply_plan(plan_for(4), database)
    assert kinds(database, version=4) == [("changed by hand", "ml.models")]


def test_two_rows_are_told_and_removing_mends_them(database: Database) -> None:
    plan = plan_for(3, statements=[])
    apply_plan(plan, database)
    columns = "[ID], [name], [description], [version], [created_time], [created_by], [framework], [model]"
    run(database, f"INSERT INTO [ml].[models] ({columns}) SELECT {columns} FROM [ml].[models]")
    assert ("two rows", "ml.models") in [(d.kind, d.where) for d in compare_catalog(plan, read(database))]
    with pytest.raises(CatalogError, match="2 times"):
        read(database).need_version(NAME, 3)
    change_catalog([WRITER.remove(NAME, 3)], database)
    apply_plan(plan, database)
    assert compare_catalog(plan, read(database)) == ()


def test_a_server_that_cannot_hash_leaves_the_hash_open(database: Database) -> None:
    apply_plan(plan_for(3), database)
    catalog = read(database)
    blind = replace(catalog, versions=tuple(replace(row, digest=None) for row in catalog.versions))
    assert compare_catalog(plan_for(3), blind) == ()


# --- Tables that were there before -----------------------------------------------------------------------------------


def test_a_table_of_another_shape_is_told_column_by_column(database: Database) -> None:
    run(database, "CREATE SCHEMA [ml]")
    run(
        database,
        "CREATE TABLE [ml].[models] ([ID] nvarchar(1024) NOT NULL, [name] nvarchar(100) NOT NULL, [version] bigint, "
        "[created_time] datetime2(3), [model] varbinary(8000), [mine] int NOT NULL) WITH (HEAP)",
    )
    with pytest.raises(DatabaseError, match=r"51006") as caught:
        apply_plan(plan_for(3), database)
    for told in (
        "column name has to be nvarchar(1024) and is nvarchar(100)",
        "column description has to be nvarchar(1024) and is not there",
        "column version has to be int and is bigint",
        "column created_time has to be datetime2(7) and is datetime2(3)",
        "column model has to be varbinary(max) and is varbinary(8000)",
        "it has a column of its own that is NOT NULL",
    ):
        assert told in caught.value.message
    assert "column ID" not in caught.value.message
    ((aliases,),) = database.fetch(Statement("test", "SELECT OBJECT_ID(N'ml.models_aliases')"))
    assert aliases is None


def test_a_table_of_the_wizard_s_is_taken_as_it_is(database: Database) -> None:
    """Its rows were never stored by the deployer, and can be promoted all the same."""
    tables = CatalogTables.of(ObjectName("dbo", "models"))
    writer = CatalogWriter(tables, TARGET)
    create = next(iter(writer.create(Catalog(tables, frozenset()))))
    database.run(create)
    run(
        database,
        "INSERT INTO [dbo].[models] ([ID], [name], [version], [model]) SELECT N'theirs:1', N'theirs', 1, 0x00",
    )
    catalog = read_catalog(writer, database)
    change_catalog([*writer.create(catalog), writer.promote("theirs", 1, "champion")], database)
    (alias,) = read_catalog(writer, database).aliases
    assert (alias.model_id, alias.version) == ("theirs:1", 1)
