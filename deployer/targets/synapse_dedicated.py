"""Azure Synapse Analytics, dedicated SQL pool: the one product documented today for `RUNTIME = ONNX`.

Its ONNX Runtime is not documented. The limits on versions are those of the versions that Microsoft's own tutorial
pinned; any of them can be overridden by who knows better.
"""

from __future__ import annotations

from deployer.target import Evidence, Limit, SqlType, Target

_TUTORIAL = (
    "Microsoft's tutorial pins onnx 1.6.0 and ONNX Runtime 1.0.0, which takes ai.onnx 11, ai.onnx.ml 2, IR 6; "
    "models known to have run there: ai.onnx 9 and ai.onnx.ml 1 at IR 5, ai.onnx 4 at IR 6"
)
_PREDICT_DOCS = "learn.microsoft.com: PREDICT (Transact-SQL) and its list of input types"
_STUDIO_MAP = "the type map of Azure Data Studio's machine learning extension"
_CAPACITY = "learn.microsoft.com: capacity limits for dedicated SQL pool"
_SAMPLES = "Azure-Samples/Synapse, SQL/Samples/TSqlPredict"

_TSQL: dict[str, Evidence] = dict.fromkeys(
    [
        *("missing-runtime", "derived-data", "cte-in-change", "unsized-text", "unfiltered-model"),
        "variable-in-view",
        *("create-or-alter", "if-exists", "shared-batch", "missing-distribution", "max-in-columnstore"),
        *("enforced-key", "absent-type", "absent-feature", "function-default", "default-parameter", "left-temp-table"),
        "qualified-rename",
        *(
            "ddl-in-transaction",
            "nested-transaction",
            "closed-transaction",
            "late-rollback",
            "xact-state",
            "isolation-level",
        ),
        *("multi-row-values", "default-values", "insert-exec", "output-clause", "open-merge", "merge-target"),
        *("select-assignment", "identity-value", "table-variable", "cursor", "absent-statement", "throw-number"),
        *("for-xml", "offset-fetch", "cross-database"),
        *("long-name", "large-batch", "wide-view", "many-parameters", "go-in-text"),
    ],
    "documented",
)
_TSQL |= {"star-from-predict": "sample", "unknown-rowcount": "inferred"}
_TSQL |= {"compound-assignment": "inferred", "change-option": "inferred", "absent-function": "inferred"}
"""Where each is documented is said on the rule's page."""

TARGET = Target(
    name="synapse-dedicated",
    title="Azure Synapse Analytics, dedicated SQL pool",
    status="unproven",
    status_note=(
        "documented for PREDICT with RUNTIME = ONNX (page of 2026-02-26); a docs owner wrote in June 2024 that it is "
        "currently unavailable (sql-docs, pull request 9795), so try one PREDICT on the pool first"
    ),
    templates="synapse",
    opset=Limit(11, "inferred", _TUTORIAL),
    opset_unproven=Limit(12, "inferred", _TUTORIAL),
    ml_opset=Limit(2, "inferred", _TUTORIAL),
    ir_version=Limit(6, "inferred", _TUTORIAL),
    input_width=Limit(
        1, "reported", "three reports of: Input column 1 (1-based) has shape [1,2] which is not supported"
    ),
    output_width=Limit(1, "sample", f"[1] and [1,1] are returned in {_SAMPLES}; no sample returns [1,k]"),
    model_bytes=Limit(2**31 - 1, "documented", "learn.microsoft.com: varbinary(max) holds 2^31-1 bytes"),
    literal_bytes=Limit(
        60_000_000,
        "inferred",
        "learn.microsoft.com: a batch ends at 65,536 x 4,096 bytes; two hex digits a byte, two bytes a digit",
    ),
    identifier_length=Limit(128, "documented", "learn.microsoft.com: database identifiers"),
    create_table_as=Limit(
        1, "documented", "learn.microsoft.com: CREATE TABLE AS SELECT, RENAME (Azure Synapse Analytics)"
    ),
    merge=Limit(1, "documented", "learn.microsoft.com: MERGE, for Synapse into hash-distributed tables only"),
    batch_bytes=Limit(65_536 * 4_096, "documented", _CAPACITY),
    view_columns=Limit(1_024, "documented", _CAPACITY),
    procedure_parameters=Limit(2_098, "documented", _CAPACITY),
    types={
        "float": SqlType("real", "sample", _SAMPLES),
        "double": SqlType("float", "sample", "Microsoft's SQL Edge tutorial"),
        "int64": SqlType("bigint", "sample", _SAMPLES),
        "int32": SqlType("int", "documented", _STUDIO_MAP),
        "string": SqlType("varchar", "documented", _PREDICT_DOCS),
    },
    tsql=_TSQL,
)
