"""`deployer targets`."""

from __future__ import annotations

import click

from deployer.cli.common import json_option, print_json
from deployer.report.data import describe_target
from deployer.report.text import render_target, render_targets
from deployer.targets import TARGETS, get_target


@click.command(
    "targets",
    short_help="List the targets, or show the limits of one.",
    epilog="\b\nExamples:\n  deployer targets\n  deployer targets synapse-dedicated",
)
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the databases that are known; with NAME, show what that one takes, and how well each limit is known."""
    targets = TARGETS if name is None else (get_target(name),)
    if as_json:
        print_json([describe_target(target) for target in targets])
    elif name is None:
        click.echo(render_targets(targets))
    else:
        click.echo(render_target(targets[0]))
