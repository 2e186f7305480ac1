"""Read an ONNX model from MLflow, check and fix it for a database, plan the T-SQL, deploy, score there, compare.

The names below are the public ones; each is imported when it is first used, so that `import deployer` costs nothing.
"""

from __future__ import annotations

# The name is enough for a type checker; importing `typing` for it would be a fifth of `deployer --version`.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from deployer.apply import apply_plan
    from deployer.bundle import write_bundle
    from deployer.check import Report, check_model, fix_model
    from deployer.compare import Comparison, compare_scores
    from deployer.contract import Contract, bind_columns
    from deployer.database import Database, open_database, read_table, score_rows
    from deployer.errors import DeployerError
    from deployer.lint import lint_script
    from deployer.model import Column, Model
    from deployer.plan import Plan, Statement, make_plan
    from deployer.rule import Finding, Fix, Rule, Severity
    from deployer.runtime import Scorer
    from deployer.script import Script, parse_script, read_script
    from deployer.source import read_model
    from deployer.spec import Spec, read_spec
    from deployer.table import Table
    from deployer.target import Limit, Target
    from deployer.targets import get_target

__version__ = "0.1.0"

_HOMES = {
    "bundle": ("write_bundle",),
    "check": ("Report", "check_model", "fix_model"),
    "compare": ("Comparison", "compare_scores"),
    "contract": ("Contract", "Table", "bind_columns"),
    "apply": ("apply_plan",),
    "database": ("Database", "open_database", "read_table", "score_rows"),
    "errors": ("DeployerError",),
    "lint": ("lint_script",),
    "model": ("Column", "Model"),
    "plan": ("Plan", "Statement", "make_plan"),
    "rule": ("Finding", "Fix", "Rule", "Severity"),
    "runtime": ("Scorer",),
    "script": ("Script", "parse_script", "read_script"),
    "source": ("read_model",),
    "spec": ("Spec", "read_spec"),
    "target": ("Limit", "Target"),
    "targets": ("get_target",),
}

__all__ = [
    "Column",
    "Comparison",
    "Contract",
    "Database",
    "DeployerError",
    "Finding",
    "Fix",
    "Limit",
    "Model",
    "Plan",
    "Report",
    "Rule",
    "Scorer",
    "Script",
    "Severity",
    "Spec",
    "Statement",
    "Table",
    "Target",
    "__version__",
    "apply_plan",
    "bind_columns",
    "check_model",
    "compare_scores",
    "fix_model",
    "get_target",
    "lint_script",
    "make_plan",
    "open_database",
    "parse_script",
    "read_model",
    "read_script",
    "read_spec",
    "read_table",
    "score_rows",
    "write_bundle",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value: object = getattr(import_module(f"deployer.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'deployer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
