"""`deployer init`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from deployer.cli.check import DEFAULT_TARGET
from deployer.cli.common import FILE, columns_option, database_option, limit_option, source_options
from deployer.errors import SpecError


@click.command(
    "init",
    short_help="Write a first spec for a model and a table.",
    epilog="\b\nExamples:\n  deployer init model.onnx --table dbo.rows --database $DEPLOYER_DATABASE\n"
    "  deployer init model.onnx --table dbo.rows --schema rows.sql --columns a,b --out first.yml",
)
@click.argument("model", metavar="MODEL")
@click.option("--table", required=True, metavar="NAME", help="Table or view whose rows are scored: schema.table.")
@click.option(
    "--schema", type=FILE, metavar="FILE", help="Its CREATE TABLE in a .sql file, or columns in a .json file."
)
@database_option(required=False)
@click.option("--target", metavar="NAME", default=DEFAULT_TARGET, show_default=True, help="Target to score on.")
@click.option("--out", type=FILE, metavar="FILE", help="Spec to write; stdout if not given. Never overwritten.")
@limit_option
@columns_option
@source_options
def command(
    *,
    model: str,
    table: str,
    schema: Path | None,
    url: str | None,
    target: str,
    out: Path | None,
    limits: dict[str, int],
    columns: tuple[str, ...],
    tracking_uri: str | None,
    registry_uri: str | None,
) -> None:
    """Write a first spec: the columns that feed each input, and a comment, `# decide:`, where a person must decide.

    Then `deployer check SPEC` says what is left.

    Exit codes: 0 written, 1 never, 2 could not run.
    """
    from deployer.check import fix_model
    from deployer.database import open_database, read_table
    from deployer.draft import Draft, draft_spec
    from deployer.files import write_beside
    from deployer.names import parse_name
    from deployer.source import read_model
    from deployer.table_file import read_table_file
    from deployer.targets import get_target

    try:
        name = parse_name(table)
    except ValueError as error:
        raise SpecError(str(error), hint="--table dbo.trips") from error
    if schema is None and url is None:
        raise click.UsageError("say what the table looks like: --schema FILE or --database URL")
    if out is not None and out.exists():
        raise SpecError(f"{str(out)!r} is there already", hint="give another --out, or remove it first")
    profile = get_target(target, limits)
    read = read_model(model, tracking_uri=tracking_uri, registry_uri=registry_uri)
    fixed = fix_model(read, profile, columns)
    if schema is not None:
        known = read_table_file(schema, name)
    else:
        with open_database(str(url)) as database:
            known = read_table(database, name)
    folder = out.parent if out else Path()
    written = Path(os.path.relpath(schema, folder)).as_posix() if schema else ""
    uri = Path(os.path.relpath(model, folder)).as_posix() if Path(model).exists() else model
    text = draft_spec(Draft(fixed, uri, profile, name, known, written, columns, limits))
    if out is None:
        click.echo(text, nl=False)
        return
    with write_beside(out) as beside:
        beside.write_text(text, encoding="utf-8")
    click.echo(f"written to {out}; next:\n  deployer check {out}")
