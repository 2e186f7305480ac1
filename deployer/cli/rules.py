"""`deployer rules`."""

from __future__ import annotations

import click

from deployer.cli.common import json_option, print_json
from deployer.contract import COLUMN_RULES
from deployer.gate import GATE_RULES
from deployer.lint import LINT_RULES
from deployer.report.data import describe_rule
from deployer.report.text import render_rules
from deployer.rules import RULES

EVERY = (*RULES, *COLUMN_RULES, *GATE_RULES, *LINT_RULES)


@click.command(
    "rules",
    short_help="List the rules, or show the page of one.",
    epilog="\b\nExamples:\n  deployer rules\n  deployer rules wide-input",
)
@click.argument("name", required=False, metavar="[NAME]", type=click.Choice([rule.name for rule in EVERY]))
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List what `check`, `gate` and `lint` look for; with NAME, show the page of that rule."""
    rules = [rule for rule in EVERY if name in (None, rule.name)]
    if as_json:
        print_json([describe_rule(rule) for rule in rules])
    elif name is None:
        click.echo(render_rules(rules))
    else:
        click.echo(rules[0].doc.strip())
