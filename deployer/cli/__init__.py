"""The command line: one module a command, which reads, calls and prints, and decides nothing.

Results go to stdout, messages and progress to stderr. Exit codes: 0 fine, 1 found something, 2 could not run.
"""

import sys


def main() -> None:
    """The command `deployer`. `--version` alone is answered before anything is imported: it is asked by scripts."""
    if sys.argv[1:] == ["--version"]:
        from deployer import __version__

        sys.stdout.write(f"deployer {__version__}\n")
        return
    try:
        from deployer.cli.app import cli
    except KeyboardInterrupt:  # from here on `cli` takes care of it
        sys.exit(130)
    cli.main(prog_name="deployer")
