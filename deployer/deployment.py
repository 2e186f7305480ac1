"""`read_deployment`: what a spec leads to, all steps together: the model read, fixed, checked; then planned.

It is what the commands and the demo share. Whoever needs a step of their own between calls the steps themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.check import Report, Step, apply_steps, check_model, fix_steps, trace_columns
from deployer.errors import RuntimeFault
from deployer.model import Model
from deployer.plan import Plan, make_plan
from deployer.scalars import output_columns
from deployer.source import read_model
from deployer.spec import Spec, read_spec
from deployer.table import Table
from deployer.table_file import read_table_file
from deployer.target import Target
from deployer.targets import get_target

if TYPE_CHECKING:
    import numpy as np

    from deployer.database import Database
    from deployer.runtime import Scorer

    Batch = Mapping[str, np.ndarray[Any, np.dtype[Any]]]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A spec with its target and its model: as it was read, and with every fix that keeps the scores."""

    spec: Spec
    target: Target
    original: Model
    model: Model
    report: Report
    """What remains to be found in `model`. With errors there is no use in a plan."""
    table: Table | None = None
    """What the data looks like, where the spec's `schema` says it."""
    steps: tuple[Step, ...] = ()
    """How `model` was made of `original`."""


def read_deployment(
    path: str | Path, *, tracking_uri: str | None = None, registry_uri: str | None = None
) -> Deployment:
    """Read the spec and its model, fix the model without changing a score, and check what remains."""
    spec = read_spec(path)
    target = get_target(spec.target, spec.limits)
    original = read_model(spec.model, tracking_uri=tracking_uri, registry_uri=registry_uri)
    steps = tuple(fix_steps(original, target, spec.wide))
    model = apply_steps(original, steps)
    return Deployment(spec, target, original, model, check_model(model, target), find_table(spec), steps)


def find_table(spec: Spec, database: Database | None = None) -> Table | None:
    """What the spec's data looks like: as the database says, else as the spec's `schema` does; None without both."""
    if database is not None:
        from deployer.database import read_table

        return read_table(database, spec.data)
    return read_table_file(Path(spec.table_file), spec.data) if spec.table_file else None


def plan_deployment(deployment: Deployment, database: Database | None = None, templates: Path | None = None) -> Plan:
    """The plan; with a database, bound to the columns that its table has."""
    table = find_table(deployment.spec, database) if database else deployment.table
    return make_plan(deployment.model, deployment.spec, deployment.target, table, templates)


def expect_scores(deployment: Deployment, plan: Plan, rows: Iterable[Batch]) -> Iterator[Batch]:
    """What the model, as it was read, says for rows that `deployer.database.read_rows` gave: keys and outputs.

    A model that ONNX Runtime loads only with its fixes has no scores without them: then the fixed one is asked.
    """
    from deployer.runtime import Scorer, map_ordered

    wide = deployment.spec.wide
    try:
        scorer, steps = Scorer(deployment.original, wide), deployment.steps
    except RuntimeFault:
        scorer, steps = Scorer(deployment.model), ()
    feed = _feed_by(scorer, trace_columns(steps, wide) if steps else None)
    # Fixes leave the columns of outputs in their order, and may call one otherwise.
    given, said = (_flatten(outputs) for outputs in (output_columns(deployment.model), scorer.outputs))
    called = dict(zip(given, said, strict=True))

    def expect(batch: Batch) -> Batch:
        scores = scorer.score(feed(batch))
        keys = {key.column: batch[key.inner] for key in plan.contract.keys}
        return keys | {returned.name: scores[called[returned.output.name]] for returned in plan.contract.outputs}

    return map_ordered(expect, rows)


def _feed_by(scorer: Scorer, names: Mapping[str, str] | None) -> Callable[[Batch], Batch]:
    """Rows of the fixed model as those of the model before, by `trace_columns`; what was dropped is blank again.

    Nothing reads what was dropped, and a runtime wants it all the same.
    """
    import numpy as np

    from deployer.rows import NUMPY_TYPES

    if names is None:
        return lambda batch: batch
    kinds = {name: NUMPY_TYPES[entry.type] for entry in scorer.model.inputs for name in scorer.columns[entry.name]}
    blanks = {
        name: np.zeros(1, kind) if kind is not np.object_ else np.array([""], dtype=kind)
        for name, kind in kinds.items()
    }

    def feed(batch: Batch) -> Batch:
        count = len(next(iter(batch.values())))
        return {name: batch[names[name]] if name in names else blanks[name].repeat(count) for name in kinds}

    return feed


def _flatten(columns: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name for entry in columns.values() for name in entry]
