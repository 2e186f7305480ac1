"""What all commands share: help, exit codes, stdout and stderr, start-up."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployer.cli.app import COMMANDS
from tests.cli.helpers import DEPLOYER, run, run_process
from tests.test_public import imported


def test_commands_are_those_of_the_story() -> None:
    story = "check fix init plan apply status diff promote rollback remove score compare gate lint run serve"
    assert (*story.split(), "rules", "targets", "demo") == COMMANDS


def test_help_lists_every_command_with_a_line() -> None:
    text = run("--help").stdout
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].*\.$", text, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_the_exit_codes_and_ends_with_an_example(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert re.search(r"\n  Examples?:\n(    deployer .*\n)+$", result.stdout)
    if name in {"status", "promote", "rollback", "remove"}:
        assert re.search(r"Exit codes: 0 .*2 ", result.stdout, re.DOTALL)
    elif name not in {"rules", "targets", "serve"}:
        assert re.search(r"Exit codes: 0 .*1 .*2 ", result.stdout, re.DOTALL)


def examples(name: str) -> list[str]:
    return [line.strip() for line in run(name, "--help").stdout.partition("Example")[2].splitlines()[1:]]


def expand(line: str) -> str:
    """What a shell would do, which is not here, with the names of the files."""
    return line.replace("*.yml", "scoring.yml").replace("*.sql", "old.sql").replace("nyc_taxi_tip", "model")


def test_examples_of_the_help_work(pool: str, here: Path) -> None:
    """One after the other in the order of the story; the demo has a test of its own, as has the server, which stays."""
    assert pool.endswith("pool.duckdb")
    (here / "specs").mkdir()
    (here / "specs" / "scoring.yml").write_text(
        (here / "scoring.yml").read_text().replace("model.onnx", "../model.onnx")
    )
    (here / "script.sql").write_text("SELECT COUNT(*) AS n FROM dbo.rows\nGO\n")
    (here / "accepted.yml").write_text("[]\n")
    (here / "rows.sql").write_text("CREATE TABLE dbo.rows (id int NOT NULL, a real NOT NULL, b real NOT NULL);\n")
    (here / "scripts").mkdir()
    for script in ("deploy.sql", "old.sql", "scripts/old.sql"):
        (here / script).write_text("SELECT id FROM dbo.rows;\n")
    # A second version, and one to roll back to.
    (here / "second.yml").write_text((here / "scoring.yml").read_text() + "version: 2\n")
    for spec in ("second.yml", "scoring.yml"):
        assert run("apply", spec, "--database", pool).exit_code == 0
    assert run("promote", "model", "1", "--database", pool).exit_code == 0
    shown = [example for name in COMMANDS if name not in {"serve", "demo"} for example in examples(name)]
    codes = {line: run(*shlex.split(expand(line).replace("$DEPLOYER_DATABASE", pool))[1:]).exit_code for line in shown}
    assert len(codes) == 32
    # Only `check` has something to find.
    assert {example for example, code in codes.items() if code} == set(examples("check"))
    assert {codes[example] for example in examples("check")} == {1}


def test_unknown_command_is_a_usage_error() -> None:
    result = run("chekc")
    assert result.exit_code == 2
    assert "No such command 'chekc'" in result.stderr
    assert result.stdout == ""


def test_unknown_option_is_a_usage_error(here: Path) -> None:
    result = run("check", "model.onnx", "--tarhet", "x")
    assert result.exit_code == 2
    assert "--tarhet" in result.stderr


def test_anything_else_keeps_its_traceback(here: Path) -> None:
    """What is no `DeployerError` is a bug, and must be seen."""
    code = (
        "import sys, deployer.source\n"
        "def broken(*_, **__): raise ZeroDivisionError('a bug')\n"
        "deployer.source.read_model = broken\n"
        "from deployer.cli import main\n"
        "sys.argv = ['deployer', 'check', 'model.onnx']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError: a bug" in done.stderr


def test_module_runs_as_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "deployer", "rules"], check=True, capture_output=True, text=True)
    assert "wide-input" in done.stdout


def test_closed_pipe_is_quiet() -> None:
    """As in `deployer targets | head -0`: the reader has gone before anything is written."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([DEPLOYER, "targets"], check=False, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 141


def test_interrupt_ends_with_130_and_no_traceback(here: Path) -> None:
    """Ctrl-C while a registry is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = subprocess.Popen(
            [
                DEPLOYER,
                "check",
                "models:/x/1",
                "--tracking-uri",
                f"http://127.0.0.1:{server.getsockname()[1]}",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell starts what runs in its background with Ctrl-C ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )
        server.settimeout(60)
        connection, _ = server.accept()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 130
    assert "Traceback" not in errors


# --- Start-up --------------------------------------------------------------------------------------------------------


def test_version_needs_nothing() -> None:
    """Neither click nor any other package: a script asks for it before each call."""
    code = "import sys; sys.argv = ['deployer', '--version']; from deployer.cli import main; main()"
    assert imported(code) == set()
    done = run_process("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run("--version").stdout
    assert re.fullmatch(r"deployer \d+\.\d+\.\d+\n", done.stdout)


def test_check_of_a_file_needs_onnx_and_its_runtime_alone(here: Path) -> None:
    code = (
        "import sys; sys.argv = ['deployer', 'check', 'model.onnx']; from deployer.cli import main\n"
        "try: main()\nexcept SystemExit: pass"
    )
    assert imported(code) == {"numpy", "onnx", "onnxruntime"}


def test_version_starts_about_as_fast_as_python(here: Path) -> None:
    """A guard, not the benchmark: at twice the aim of three times `python -c pass`, so that a busy machine passes."""
    bare = fastest([sys.executable, "-c", "pass"])
    assert fastest([DEPLOYER, "--version"]) < 6 * bare


def fastest(command: list[str]) -> float:
    def once() -> float:
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begin

    return min(once() for _ in range(5))
