"""Azure SQL Edge: had PREDICT with `RUNTIME = ONNX`, on ONNX Runtime 1.12.1; retired on 2025-09-30, kept as data.

ONNX Runtime 1.12 takes ai.onnx up to 17, ai.onnx.ml up to 3 and IR up to 8.
"""

from __future__ import annotations

from deployer.target import Evidence, Limit, SqlType, Target
from deployer.targets import synapse_dedicated

_RUNTIME = "SQL Edge 2.0.0 ships ONNX Runtime 1.12.1; its compatibility table gives ai.onnx 17, ai.onnx.ml 3, IR 8"
_CAPACITY = "learn.microsoft.com: maximum capacity specifications for SQL Server"
_TUTORIAL = "Microsoft's SQL Edge tutorial"

_TSQL: dict[str, Evidence] = dict.fromkeys(
    [
        *("missing-runtime", "derived-data", "unsized-text", "unfiltered-model", "variable-in-view"),
        *("shared-batch", "open-merge", "long-name", "large-batch", "wide-view", "many-parameters", "go-in-text"),
    ],
    "documented",
)
_TSQL |= {"star-from-predict": "sample"}
"""The engine is SQL Server's, which has what the dedicated pool lacks."""

TARGET = Target(
    name="sql-edge",
    title="Azure SQL Edge",
    status="retired",
    status_note="retired on 2025-09-30; kept for models that still run there",
    templates="edge",
    opset=Limit(17, "documented", _RUNTIME),
    opset_unproven=Limit(17, "documented", _RUNTIME),
    ml_opset=Limit(3, "documented", _RUNTIME),
    ir_version=Limit(8, "documented", _RUNTIME),
    input_width=Limit(1, "inferred", "same PREDICT as Synapse; every published sample feeds one column an input"),
    output_width=Limit(1, "inferred", "same PREDICT as Synapse; every published sample returns scalars"),
    model_bytes=synapse_dedicated.TARGET.model_bytes,
    literal_bytes=synapse_dedicated.TARGET.literal_bytes,
    identifier_length=synapse_dedicated.TARGET.identifier_length,
    create_table_as=Limit(0, "documented", "learn.microsoft.com: CREATE TABLE AS SELECT is for Synapse and PDW only"),
    merge=Limit(0, "inferred", "no table of scores is made here that could be merged into"),
    batch_bytes=synapse_dedicated.TARGET.batch_bytes,
    view_columns=Limit(1_024, "documented", _CAPACITY),
    procedure_parameters=Limit(2_100, "documented", _CAPACITY),
    types={
        **synapse_dedicated.TARGET.types,
        "double": SqlType("float", "sample", _TUTORIAL),
    },
    tsql=_TSQL,
)
