"""Every template with hostile names in every place: it is T-SQL by Microsoft's grammar, it runs, its scores agree."""

from __future__ import annotations

import json
from pathlib import Path

import onnx.parser
import pytest

from deployer.deployment import plan_deployment, read_deployment
from deployer.names import NAME_LENGTH
from deployer.rehearsal import rehearse
from tests.cases import TAXI, refuse_what_is_no_sql

HOSTILE = (
    "]",
    "[a].[b",
    "'; DROP TABLE t; --",
    '"',
    "/*",
    "*/ -- /* /*",
    ":r /etc/passwd %s %(x)s ? \\",
    "{{ 7 * 7 }}{% raw %}{#",
    "😀 ñ \u2028\u2029",
    "x" * NAME_LENGTH,
    "😀" * (NAME_LENGTH // 2),
    "select",
    "GO",
    "#x",
    "deployer_rows",
    "new",
)


def vary(name: str, mark: str) -> str:
    """The name with a mark at its end, as long as a name may be."""
    while len((name + mark).encode("utf-16-le")) // 2 > NAME_LENGTH:
        name = name[:-1]
    return name + mark


def quote(name: str, mark: str) -> str:
    # A table may not begin with #, which would make it a temporary one.
    return "[" + vary(name.replace("#", "a#"), mark).replace("]", "]]") + "]"


def write_model(path: Path, name: str) -> list[str]:
    """The taxi model with inputs and outputs of that name; gives the inputs'."""
    model = onnx.parser.parse_model(TAXI)
    renamed = {
        value.name: vary(name, str(number)) for number, value in enumerate((*model.graph.input, *model.graph.output))
    }
    for value in (*model.graph.input, *model.graph.output):
        value.name = renamed[value.name]
    for node in model.graph.node:
        node.input[:] = [renamed.get(entry, entry) for entry in node.input]
        node.output[:] = [renamed.get(entry, entry) for entry in node.output]
    path.write_bytes(model.SerializeToString())
    return [value.name for value in model.graph.input]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_in_every_template(name: str, tmp_path: Path) -> None:
    fare, riders, payment = write_model(tmp_path / "model.onnx", name)
    schema = quote(name, "s")
    spec = {
        "model": "model.onnx",
        "target": "synapse-dedicated",
        "models_table": f"{schema}.{quote(name, 'm')}",
        "data": f"{schema}.{quote(name, 'd')}",
        "key": [vary(name, "k"), vary(name, "l")],
        "name": f"{name}\nGO\n:r x\n{name}",
        "version": 1,
        "columns": {
            fare: {"from": vary(name, "f"), "nulls": "skip row"},
            riders: {"from": vary(name, "r"), "nulls": "refuse"},
            payment: {"nulls": {"use": f"{name}\r\nGO\n"[:200]}},
        },
        "statements": [
            {"view": f"{schema}.{quote(name, 'v')}"},
            {"procedure": f"{schema}.{quote(name, 'p')}", "parameters": {"x": {"equals": fare, "type": "real"}}},
            {"procedure": f"{schema}.{quote(name, '1')}", "into": f"{schema}.{quote(name, 'w')}", "mode": "replace"},
            {"procedure": f"{schema}.{quote(name, '2')}", "into": quote(name, ""), "mode": "insert"},
            {
                "procedure": f"{schema}.{quote(name, '3')}",
                "into": f"{schema}.{quote(name, 'x')}",
                "mode": "merge",
                "distribution": {"hash": vary(name, "l")},
                "index": {"clustered": [vary(name, "l"), vary(name, "k")]},
            },
            {
                "procedure": f"{schema}.{quote(name, '4')}",
                "into": f"{schema}.{quote(name, 'y')}",
                "mode": "incremental",
                "watermark": vary(name, "t"),
            },
            {"table": f"{schema}.{quote(name, 'z')}"},
            {"sample": 2},
        ],
        "log": f"{schema}.{quote(name, 'g')}",
        "roles": {"deploy": vary(name, "a"), "score": vary(name, "b"), "read": vary(name, "c")},
    }
    path = tmp_path / "scoring.yml"
    # JSON is YAML, where these two break lines.
    text = json.dumps(spec, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    path.write_text(text, encoding="utf-8")
    deployment = read_deployment(path)
    plan = plan_deployment(deployment)
    refuse_what_is_no_sql("\nGO\n".join(statement.script for statement in plan.statements))
    for entry in rehearse(deployment, plan):
        assert entry.comparison.equal, entry
        assert entry.comparison.rows > 50
