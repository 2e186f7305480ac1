"""`cli`: the group of all commands, each loaded when it is called."""

from __future__ import annotations

import importlib
import os
import sys

import click

from deployer import __version__
from deployer.errors import DeployerError

COMMANDS = (
    *("check", "fix", "init", "plan", "apply", "status", "diff", "promote", "rollback", "remove"),
    *("score", "compare", "gate", "lint", "run", "serve"),
    *("rules", "targets", "demo"),
)
"""In the order of the story; each is a module of this package, and `command` in it."""

_INTERRUPTED = 130
_PIPE_CLOSED = 141
"""128 plus the signal's number (SIGINT 2, SIGPIPE 13), as a shell reports a command that a signal ended."""


class _Commands(click.Group):
    """Loads a command when it is called, and makes the exit code of what it returns or raises."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click gives it
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"deployer.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> None:
        try:
            code = super().invoke(ctx)
            # What cannot be written is found here and not when the interpreter ends, where it would be a traceback.
            sys.stdout.flush()
        except DeployerError as error:
            click.echo(f"{click.style('error:', fg='red')} {error.message}", err=True)
            if error.hint:
                click.echo(f"{click.style('hint:', fg='cyan')} {error.hint}", err=True)
            code = 2
        except BrokenPipeError:
            # The reader has gone (`| head`); what is still in the buffer goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = _PIPE_CLOSED
        except KeyboardInterrupt:
            code = _INTERRUPTED
        ctx.exit(code or 0)


@click.group(
    cls=_Commands,
    epilog="\b\nExamples:\n  deployer demo\n  deployer check model.onnx\n  deployer check --help",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, message="deployer %(version)s")
def cli() -> None:
    """Put ONNX models from MLflow into a SQL database and score there: check, fix, plan, apply, score, compare.

    Exit codes: 0 fine, 1 found something, 2 could not run.
    """
