"""`run_demo`: the story, step by step, each with a table of what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from deployer.apply import apply_plan
from deployer.bundle import write_bundle
from deployer.check import check_model
from deployer.compare import Batch, Comparison, compare_scores
from deployer.database import Database, open_database, score_rows
from deployer.demo import show
from deployer.demo.folder import claim_folder
from deployer.demo.pool import create_table, load_trips, write_table
from deployer.demo.registry import ALIAS, register_models, registry_uri
from deployer.demo.training import TrainedModel, train_fare, train_tip
from deployer.demo.trips import TABLE_FILE, Trips, make_trips
from deployer.deployment import plan_deployment, read_deployment
from deployer.errors import need
from deployer.plan import Plan
from deployer.report.progress import track_rows

_PACKAGES = ("sklearn", "skl2onnx", "mlflow", "duckdb", "pyarrow", "sqlglot")
_BATCH_ROWS = 65_536


def run_demo(folder: Path, rows: int, console: Console, messages: Console) -> bool:
    """Run the demo in `folder`, results to `console` and progress to `messages`; whether every score is right.

    Raises `MissingPackage` where what it needs is not installed, `DeployerError` for a folder that is not free.
    """
    for package in _PACKAGES:
        need(package, "demo")
    claim_folder(folder)

    show.show_head(console, f"1  Train two models on {rows:,} taxi trips, export them to ONNX")
    with messages.status("training"):
        trips = make_trips(rows)
        trained = (train_tip(trips), train_fare(trips))
    show.show_models(console, trained)

    show.show_head(console, "2  Register them in MLflow")
    with messages.status("registering"):
        register_models(trained, folder)
    uri = registry_uri(folder)
    for model in trained:
        console.out(f"models:/{model.name}@{ALIAS} in {uri}", highlight=False)

    show.show_head(console, "3  Read them back, check for a Synapse SQL pool, fix, check again")
    specs = [folder / f"{model.name}.yml" for model in trained]
    for model, path in zip(trained, specs, strict=True):
        path.write_text(model.spec, encoding="utf-8")
    (folder / TABLE_FILE).write_text(write_table(), encoding="utf-8")
    deployments = [read_deployment(path, tracking_uri=uri) for path in specs]
    found = [check_model(deployment.original, deployment.target) for deployment in deployments]
    show.show_findings(console, found, deployments)

    url = f"mssql+emulator:///{folder / 'pool.duckdb'}"
    with open_database(url) as database:
        create_table(database)
        load_trips(database, track_rows(_batches(trips), "load", rows))

        show.show_head(console, "4  Plan the T-SQL that stores the models and scores with them")
        plans = [plan_deployment(deployment, database) for deployment in deployments]
        bundles = [folder / "sql" / model.name for model in trained]
        for plan, bundle in zip(plans, bundles, strict=True):
            write_bundle(plan, bundle)
        show.show_plans(console, plans, bundles)

        show.show_head(console, "5  Apply, score every row with PREDICT, compare with scikit-learn")
        results = [_score(model, plan, database, trips) for model, plan in zip(trained, plans, strict=True)]
    show.show_comparisons(console, plans, results)
    equal = all(comparison.equal for comparison, _ in results)
    show.show_end(console, equal, folder=folder, tracking_uri=uri, database_url=url, spec=specs[0])
    return equal


def _score(trained: TrainedModel, plan: Plan, database: Database, trips: Trips) -> tuple[Comparison, float]:
    """Apply one plan, score through its view, and compare; also the seconds that the scoring took."""
    apply_plan(plan, database)
    begin = time.perf_counter()
    scores = list(track_rows(score_rows(plan, database), f"score {trained.name}", len(trips["trip_id"])))
    seconds = time.perf_counter() - begin
    expected = {"trip_id": trips["trip_id"], **trained.predict(trips)}
    return compare_scores(_batches(expected), scores, plan.spec.key, plan.spec.tolerance), seconds


def _batches(rows: Trips) -> Iterator[Batch]:
    count = len(rows["trip_id"])
    for start in range(0, count, _BATCH_ROWS):
        yield {name: values[start : start + _BATCH_ROWS] for name, values in rows.items()}
