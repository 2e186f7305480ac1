"""What several commands share: options, and how a result is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from deployer.check import Report
from deployer.report.data import describe_report
from deployer.report.text import render_report

if TYPE_CHECKING:
    from deployer.catalog import Catalog, CatalogWriter
    from deployer.database import Database
    from deployer.plan import Statement

Command = TypeVar("Command", bound=Callable[..., Any])


def _parse_limits(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    """`NAME=VALUE` to a mapping. Whether there is such a limit is for the target to say."""
    limits = {}
    for value in values:
        name, _, number = value.partition("=")
        if not (name and number.isascii() and number.isdigit()):
            raise click.BadParameter(f"{value!r} is not NAME=VALUE with a whole number, like opset=15")
        limits[name] = int(number)
    return limits


def _parse_names(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",")) if value else ()
    if not all(names):
        raise click.BadParameter(f"{value!r} has an empty name; give names separated by commas")
    return names


SPEC = click.Path(path_type=Path)  # whether it can be read is for `read_spec` to say
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

limit_option = click.option(
    "--limit",
    "limits",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parse_limits,
    help="Replace a limit of the target, where you know better: --limit opset=15. May be given several times.",
)

columns_option = click.option(
    "--columns",
    metavar="a,b,c",
    callback=_parse_names,
    help="Names of the columns of a wide input, in order, where neither signature nor metadata has them.",
)

templates_option = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder of templates that are used in place of the deployer's own.",
)


def database_option(required: bool = True) -> Callable[[Command], Command]:
    """`--database URL`."""
    return click.option(
        "--database",
        "url",
        metavar="URL",
        required=required,
        envvar="DEPLOYER_DATABASE",
        show_envvar=True,
        help="SQLAlchemy URL: mssql+pyodbc://…, mssql+mssqlpython://… or mssql+emulator:///pool.duckdb.",
    )


def source_options(command: Command) -> Command:
    """`--tracking-uri` and `--registry-uri`."""
    registry = click.option(
        "--registry-uri", metavar="URI", help="MLflow model registry; MLFLOW_REGISTRY_URI, else the tracking URI."
    )
    tracking = click.option(
        "--tracking-uri", metavar="URI", help="MLflow tracking server or database; MLFLOW_TRACKING_URI if not given."
    )
    return tracking(registry(command))


def spec_options(command: Command) -> Command:
    """What every command takes that works with a spec: its path, and how its model and templates are found."""
    spec = click.argument("spec", type=SPEC, metavar="SPEC.yml")
    return spec(templates_option(source_options(json_option(command))))


def print_json(value: object) -> None:
    """A result as JSON on stdout: one object, in UTF-8."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_remaining(report: Report, as_json: bool) -> int:
    """Say that errors remain which no exact fix takes away; gives the exit code."""
    if as_json:
        print_json(describe_report(report))
    else:
        click.echo(render_report(report))
    click.echo("nothing was planned: errors remain after the fixes that keep every score", err=True)
    return 1


def catalog_options(command: Command) -> Command:
    """What every command takes that works with a models table and no spec."""
    table = click.option(
        "--models-table",
        metavar="NAME",
        default="ml.models",
        show_default=True,
        envvar="DEPLOYER_MODELS_TABLE",
        show_envvar=True,
        help="The table that keeps the models.",
    )
    target = click.option(
        "--target", metavar="NAME", default="synapse-dedicated", show_default=True, help="What the database is."
    )
    return database_option()(table(target(templates_option(json_option(command)))))


def _parse_alias(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    from deployer.spec.parts import check_alias

    try:
        return check_alias(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


alias_option = click.option(
    "--alias", metavar="ALIAS", default="champion", show_default=True, callback=_parse_alias, help="The alias."
)

dry_run_option = click.option("--dry-run", is_flag=True, help="Print the statements that would be run; change nothing.")


def open_catalog(models_table: str, target: str, templates: Path | None) -> CatalogWriter:
    """The writer for a models table, from a command's options. Raises `DeployerError` for what is no name or target."""
    from deployer.catalog import CatalogWriter
    from deployer.errors import PlanError
    from deployer.names import parse_name
    from deployer.plan.tables import CatalogTables
    from deployer.targets import get_target

    try:
        name = parse_name(models_table)
    except ValueError as error:
        raise PlanError(str(error), hint="correct --models-table") from error
    return CatalogWriter(CatalogTables.of(name), get_target(target), templates)


def print_statements(statements: Sequence[Statement], as_json: bool) -> None:
    """The statements as they would run: as JSON, or as a script for sqlcmd."""
    if as_json:
        print_json({"statements": [{"purpose": each.purpose, "sql": each.script} for each in statements]})
    else:
        click.echo("\n".join(f"{statement.script}GO\n" for statement in statements), nl=False)


def run_alias(
    writer: CatalogWriter,
    database: Database,
    before: Catalog,
    statements: Sequence[Statement],
    *,
    name: str,
    alias: str,
    as_json: bool,
) -> None:
    """Run what changes an alias, and say what it stood for and what it stands for now."""
    from deployer.apply import change_catalog, read_catalog

    change_catalog(statements, database)
    after = read_catalog(writer, database)
    old, new = before.find_alias(name, alias), after.find_alias(name, alias)
    was, now = old.version if old else None, new.version if new else None
    followers = [str(found.name) for found in after.followers_of(name, alias)]
    if as_json:
        print_json({"name": name, "alias": alias, "before": was, "version": now, "followed_by": followers})
        return
    if was == now:
        click.echo(f"{alias} of {name} is version {now} already")
    else:
        click.echo(f"{alias} of {name} is version {now} now" + (f"; it was {was}" if was is not None else ""))
    if not followers:
        click.echo(f"no view or procedure follows it: those of a spec with `alias: {alias}` would", err=True)
