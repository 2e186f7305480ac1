"""`read_spec` and `make_plan` for many specs, against plain Jinja2 over the same templates with the same facts.

python -m benchmarks.plan [SPECS]

Plain Jinja2 has no sandbox, and nothing that checks what is printed; its templates are compiled beforehand. It renders
the templates of one plan over and over. A second process, with another seed for its hashes, must give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jinja2

from benchmarks.models import COLUMNS, make_model
from deployer.model import Model
from deployer.plan import Plan, make_plan, writer
from deployer.spec import read_spec
from deployer.sql import make_environment
from deployer.targets import get_target


def write_spec(path: Path, number: int) -> Path:
    path.write_text(
        f"model: model.onnx\ntarget: synapse-dedicated\nmodels_table: ml.models\ndata: dbo.rows{number}\n"
        f"key: [id]\nname: model{number}\nversion: 1\nwide: [{', '.join(COLUMNS)}]\n"
        f"statements:\n  - view: ml.view{number}\n  - procedure: ml.score{number}\n    into: ml.scores{number}\n"
        "    mode: merge\n"
    )
    return path


def plan_all(paths: Iterable[Path], model: Model) -> Iterator[Plan]:
    target = get_target("synapse-dedicated")
    for path in paths:
        yield make_plan(model, read_spec(path), target)


def hash_scripts(plans: Iterable[Plan]) -> str:
    hashed = hashlib.sha256()
    for plan in plans:
        for statement in plan.statements:
            hashed.update(statement.sql.encode())
    return hashed.hexdigest()


def record(path: Path, model: Model) -> list[tuple[str, dict[str, Any]]]:
    """The templates that one plan renders, with their facts."""
    calls: list[tuple[str, dict[str, Any]]] = []
    render = writer.render

    def note(environment: jinja2.Environment, template: str, **facts: object) -> str:
        calls.append((template, facts))
        return render(environment, template, **facts)

    with patch.object(writer, "render", note):
        list(plan_all([path], model))
    return calls


def render_plainly(calls: list[tuple[str, dict[str, Any]]], count: int) -> float:
    """CPU seconds that plain Jinja2 takes for the templates of `count` plans."""
    checked = make_environment(*_folders())
    plain = jinja2.Environment(loader=checked.loader, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - SQL is no HTML
    plain.filters |= checked.filters
    for template, facts in calls:
        plain.get_template(template).render(facts)
    start = time.process_time()
    for _ in range(count):
        for template, facts in calls:
            plain.get_template(template).render(facts)
    return time.process_time() - start


def _folders() -> tuple[Path, ...]:
    from deployer.sql import find_templates

    return tuple(find_templates() / name for name in (get_target("synapse-dedicated").templates, "common"))


def main(count: int, seed: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        paths = [write_spec(Path(name) / f"spec{number}.yml", number) for number in range(count)]
        model = Model("benchmark", 1, make_model("logistic regression"))
        if seed is not None:
            print(hash_scripts(plan_all(paths, model)))
            return
        list(plan_all(paths[:1], model))
        start = time.process_time()
        digest = hash_scripts(plan_all(paths, model))
        planned = time.process_time() - start
        calls = record(paths[0], model)
        plain = render_plainly(calls, count)
    command = [sys.executable, "-m", "benchmarks.plan", str(count), "again"]
    again = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": "7"}, check=True, capture_output=True, text=True
    ).stdout.strip()
    print(f"{len(calls)} templates a spec; seconds are the CPU's")
    print(f"read and planned:           {planned:6.1f} s, {count / planned:6.1f} specs/s")
    print(f"plain Jinja2, no more done: {plain:6.1f} s, {count / plain:6.1f} specs/s")
    print(f"plain Jinja2 / ours: {plain / planned:.2f}")
    print(f"the same bytes in another process: {'yes' if again == digest else 'NO'}")
    assert again == digest


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000, sys.argv[2] if sys.argv[2:] else None)
