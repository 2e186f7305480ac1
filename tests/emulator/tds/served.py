"""A server in another process, and how each client connects to it."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Served:
    """A `deployer serve` that runs."""

    host: str
    port: int
    password: str
    connect: dict[str, str]
    process: subprocess.Popen[str]

    def odbc(self, driver: Path | None = None, **options: str) -> str:
        """A connection string for ODBC; Microsoft's driver unless another is given."""
        chosen = {
            "DRIVER": str(driver or microsoft_driver()),
            "UID": "emulator",
            "PWD": f"{{{self.password}}}",
            "TrustServerCertificate": "yes",
            "LongAsMax": "yes",
            "SERVER": f"{self.host},{self.port}",
        } | options
        return ";".join(f"{name}={value}" for name, value in chosen.items() if value)

    def freetds(self, **options: str) -> str:
        """A connection string for FreeTDS's ODBC driver."""
        chosen = {"SERVER": self.host, "PORT": str(self.port), "LongAsMax": "", "TrustServerCertificate": ""}
        return self.odbc(freetds_driver(), **(chosen | options))

    def cpu(self) -> float:
        """Seconds of processor time that the server has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes of the server's memory that are resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@contextmanager
def serve(*arguments: str, errors: Any = None) -> Iterator[Served]:
    """Run `deployer serve` on any free port, until the block ends; it must then stop by itself, and say nothing."""
    command = [sys.executable, "-m", "deployer", "serve", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        try:
            yield Served(process=process, **_read_object(process))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert process.returncode == 0


def _read_object(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            told = json.loads(text)
            return {name: told[name] for name in ("host", "port", "password", "connect")}
    raise AssertionError(f"the server ended before it began: {text}")


def microsoft_driver() -> Path:
    """ODBC Driver 18, as the package of mssql-python carries it."""
    import mssql_python_odbc

    folder = Path(mssql_python_odbc.__file__).parent / "libs" / "linux" / "debian_ubuntu" / platform.machine() / "lib"
    return next(folder.glob("libmsodbcsql-*"))


def freetds_driver() -> Path:
    """FreeTDS's driver, as Debian's tdsodbc has it."""
    return next(Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
