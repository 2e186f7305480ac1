"""What the demo prints: a heading a step, a small table of what came of it, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployer.check import Report
from deployer.compare import Comparison
from deployer.demo.training import TrainedModel
from deployer.deployment import Deployment
from deployer.plan import Plan
from deployer.rule import Severity


def show_head(console: Console, title: str) -> None:
    console.print()
    console.rule(f"[bold]{title}", align="left")


def show_models(console: Console, models: Sequence[TrainedModel]) -> None:
    table = _table("model", "kind", "ONNX inputs", "ONNX outputs", "bytes")
    for model in models:
        graph = model.exported.graph
        inputs, outputs = ("\n".join(value.name for value in values) for values in (graph.input, graph.output))
        table.add_row(model.name, model.kind, inputs, outputs, f"{model.exported.ByteSize():,}")
    console.print(table)


def show_findings(console: Console, before: Sequence[Report], deployments: Sequence[Deployment]) -> None:
    table = _table("model", "finding", "what is wrong", "fixed")
    for report, deployment in zip(before, deployments, strict=True):
        remaining = {(finding.rule, finding.where) for finding in deployment.report.findings}
        for finding in report.findings:
            if finding.severity is Severity.INFO:
                continue
            state = "[red]no" if (finding.rule, finding.where) in remaining else "[green]yes"
            colour = "red" if finding in report.errors else "yellow"
            table.add_row(report.model.name, f"[{colour}]{finding.rule}", escape(finding.message), state)
    console.print(table)


def show_plans(console: Console, plans: Sequence[Plan], folders: Sequence[Path]) -> None:
    for plan, folder in zip(plans, folders, strict=True):
        console.out(
            f"{folder / 'deploy.sql'}: model {plan.model_id}, SHA-256 {plan.model.digest[:12]}…", highlight=False
        )
        for number, statement in enumerate(plan.statements, 1):
            console.out(f"  {number}  {statement.purpose}", highlight=False)


def show_comparisons(console: Console, plans: Sequence[Plan], comparisons: Sequence[tuple[Comparison, float]]) -> None:
    table = _table("scores", "rows", "rows/s", "off", "labels off", "largest", "verdict")
    for plan, (comparison, seconds) in zip(plans, comparisons, strict=True):
        off = comparison.different + comparison.missing + comparison.unexpected
        table.add_row(
            plan.model.name,
            f"{comparison.rows:,}",
            f"{comparison.rows / seconds:,.0f}",
            f"{off:,}",
            f"{comparison.label_mismatches:,}",
            f"{comparison.max_absolute:.1e}",
            "[green]equal" if comparison.equal else "[red]not equal",
        )
    console.print(table)


def show_end(console: Console, equal: bool, *, folder: Path, tracking_uri: str, database_url: str, spec: Path) -> None:
    """Where things are, and commands that can be pasted as they are."""
    verdict = (
        "[green]Every score is what scikit-learn said, within the specs' tolerance."
        if equal
        else "[red]Some scores are not what scikit-learn said."
    )
    console.print(f"\n{verdict}[/]\n")
    console.print(f"All files are in {folder}. What to type next:", highlight=False, markup=False)
    view = ["--database", database_url]
    commands = [
        ["export", f"MLFLOW_TRACKING_URI={tracking_uri}"],
        ["deployer", "check", f"models:/{spec.stem}@champion"],
        ["deployer", "plan", str(spec)],
        ["deployer", "score", str(spec), *view, "--limit", "5"],
        ["deployer", "compare", str(spec), *view],
    ]
    for command in commands:
        # `out` neither wraps nor colours: a command must survive being copied.
        console.out(f"  {shlex.join(command)}", highlight=False)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        # Only sentences may be broken at the end of a line.
        table.add_column(column, no_wrap=column != "what is wrong")
    return table
