"""The command line: one module a command, which reads, calls and prints, and decides nothing.

Results go to stdout, messages and progress to stderr. Exit codes: 0 fine, 1 found something, 2 could not run.
"""

import sys


def main() -> int:
    """The command `deployer`. `--version` alone is answered before anything is imported: it is asked by scripts."""
    if sys.argv[1:] == ["--version"]:
        from deployer import __version__

        sys.stdout.write(f"deployer {__version__}\n")
        return 0
    try:
        from deployer.cli.app import cli

        cli.main(prog_name="deployer")
    except KeyboardInterrupt:  # while click itself is imported; from then on `cli` handles it
        return 130
    return 0
