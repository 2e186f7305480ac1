"""The committed bundle is not what the spec leads to

A bundle in git is what the DBA runs.
The same spec, model and version of the deployer always give the same bytes, so a difference means that one of them has
changed since the bundle was written, or that somebody edited it.

Evidence: the plan was made again and compared file by file (documented: a bundle has no clock in it).

**What to do.** Write it again with `deployer plan SPEC --bundle DIR`, read the difference, and commit it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from deployer.bundle import write_bundle
from deployer.names import list_names
from deployer.plan import Plan
from deployer.rule import Finding, Rule
from deployer.target import Target


def check(subject: tuple[Plan, Path], _target: Target) -> Iterator[Finding]:
    plan, folder = subject
    with tempfile.TemporaryDirectory() as fresh:
        different = [
            path.name
            for path in write_bundle(plan, fresh)
            if not (folder / path.name).is_file() or (folder / path.name).read_bytes() != path.read_bytes()
        ]
    if different:
        yield Finding(
            f"bundle {str(folder)!r}",
            f"{list_names(different)}: missing, or not what the spec leads to now",
            f"deployer plan SPEC --bundle {folder}",
        )


RULE = Rule.of(__name__, __doc__, check)
