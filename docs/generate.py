"""Makes the pages about rules, targets, commands and the emulator; with `--check`, says which are out of date.

python docs/generate.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from emulator_page import emulator_page

from deployer.cli.app import cli
from deployer.contract import COLUMN_RULES
from deployer.gate import GATE_RULES
from deployer.lint import LINT_RULES
from deployer.rules import RULES
from deployer.target import Limit, Target, limit_names
from deployer.targets import TARGETS

FOLDER = Path(__file__).parent
NOTICE = "<!-- made by docs/generate.py from the code; edit the code -->\n\n"


def rules_page() -> str:
    rules = (*RULES, *COLUMN_RULES, *GATE_RULES, *LINT_RULES)
    index = "\n".join(f"- [`{rule.name}`](#{rule.name}): {rule.title}" for rule in rules)
    pages = "\n\n".join(f"## {rule.name}\n\n{rule.doc.strip()}" for rule in rules)
    about = (
        "What `deployer check` looks for, one rule a problem; then what only `deployer gate` can find, "
        f"from `{LINT_RULES[0].name}` on what `deployer lint` finds in scripts."
    )
    return f"{NOTICE}# Rules\n\n{about}\n\n{index}\n\n{pages}\n"


def targets_page() -> str:
    return f"{NOTICE}# Targets\n\nWhat each database takes, and how well that is known.\n\n" + "\n".join(
        _target(target) for target in TARGETS
    )


def _target(target: Target) -> str:
    rows = []
    for name in limit_names():
        limit: Limit[int] = getattr(target, name)
        rows.append(
            f"| `{name}` | {'not known' if limit.value is None else limit.value} | {limit.evidence} | {limit.source} |"
        )
    types = [f"| `{onnx}` | `{sql.sql}` | {sql.evidence} | {sql.source} |" for onnx, sql in target.types.items()]
    head = f"## {target.name}\n\n{target.title}: {target.status}. {target.status_note.capitalize()}.\n\n"
    return (
        head
        + "| limit | value | evidence | source |\n| --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n\n| ONNX | T-SQL | evidence | source |\n| --- | --- | --- | --- |\n"
        + "\n".join(types)
        + "\n\n"
        + _scripts(target)
    )


def _scripts(target: Target) -> str:
    """The rules that its scripts are held to, by how well each is known."""
    known: dict[str, list[str]] = {}
    for name, evidence in target.tsql.items():
        known.setdefault(evidence, []).append(f"[`{name}`](rules.md#{name})")
    rows = "\n".join(f"| {evidence} | {', '.join(names)} |" for evidence, names in known.items())
    return f"| evidence | held to by `deployer lint` |\n| --- | --- |\n{rows}\n"


def commands_page() -> str:
    return f"{NOTICE}# Commands\n\n" + "\n".join(_commands(cli, click.Context(cli, info_name="deployer")))


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            sub = command.get_command(context, name)
            if sub is not None:
                yield from _commands(sub, click.Context(sub, info_name=name, parent=context))


def main() -> int:
    pages = {
        "rules.md": rules_page(),
        "targets.md": targets_page(),
        "cli.md": commands_page(),
        "emulator.md": NOTICE + emulator_page(FOLDER),
    }
    if "--check" not in sys.argv:
        for name, text in pages.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        return 0
    stale = [name for name, text in pages.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    for name in stale:
        print(f"docs/{name} is out of date: make docs", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
