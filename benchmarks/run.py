"""All benchmarks, one after the other: `make bench`."""

from __future__ import annotations

import os
import subprocess
import sys

if __name__ == "__main__":
    # A user's Python compiles a module once; without this each start would compile the deployer again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in ("startup", "check", "gate", "bundle", "plan", "predict", "memory", "tds"):
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
