"""PREDICT within a session: the model's bytes, the rows that it reads, and the relation that takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.emulator.predict import BATCH_ROWS, PredictRelation, bind_model
from deployer.emulator.relations import Relation
from deployer.emulator.typed import Typed
from deployer.emulator.types import VARBINARY_MAX, SqlColumn
from deployer.emulator.values import Parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from deployer.emulator.session import Session


def predict(
    session: Session,
    model: Typed,
    source: Relation,
    outputs: tuple[SqlColumn, ...],
    *,
    wanted: frozenset[str] | None,
    parameters: Parameters,
) -> Relation:
    """Score a relation, as `Environment.predict` says; the scores are computed when the relation is scanned."""
    content, _ = session.value_of(model, VARBINARY_MAX, parameters)
    bound = bind_model(content if isinstance(content, bytes) else None, source.columns, outputs, session.target)
    passed = tuple((n, c) for n, c in source.columns if wanted is None or c.name.lower() in wanted)
    read = dict.fromkeys([*(name for name, _ in passed), *bound.inputs.values()])
    sql = f"SELECT {', '.join(read)} FROM ({source.sql})"
    names = tuple(f"s{index}" for index in range(len(outputs)))
    reader, fields = _reader(session, sql, parameters.used_in(sql))
    relation = PredictRelation(reader, fields, tuple(name for name, _ in passed), bound, names)
    registered = f"predict_{len(session.scored)}"
    session.connection.register(registered, relation)
    session.scored[registered] = relation
    return Relation(f"SELECT * FROM {registered}", (*passed, *zip(names, outputs, strict=True)))


def _reader(
    session: Session, sql: str, parameters: Mapping[str, Any] | None
) -> tuple[Callable[[], pa.RecordBatchReader], dict[str, Any]]:
    """How PREDICT reads its source, and the source's fields.

    A connection runs one query at a time, and this one runs the query around PREDICT: the source is read on
    another, which does not see what a transaction has not committed. In a transaction it is therefore read first,
    and held. So is a source that itself holds a PREDICT, which only this connection knows.
    """
    if session.in_transaction or any(name in sql for name in session.scored):
        with session.engine():
            table = session.connection.sql(sql, params=parameters).to_arrow_table()
        return table.to_reader, {f.name: f for f in table.schema}
    with session.engine():
        empty = session.connection.sql(f"SELECT * FROM ({sql}) LIMIT 0", params=parameters)
        fields = {f.name: f for f in empty.to_arrow_table().schema}

    def read() -> pa.RecordBatchReader:
        return _read_apart(session, sql, parameters)

    return read, fields


def _read_apart(session: Session, sql: str, parameters: Mapping[str, Any] | None) -> pa.RecordBatchReader:
    """Read a query on a cursor of its own, which lives as long as the reader."""
    import pyarrow as pa

    cursor = session.connection.cursor()
    with session.engine():
        reader = cursor.sql(sql, params=parameters).to_arrow_reader(BATCH_ROWS)

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            with session.engine():
                yield from reader
        finally:
            reader.close()
            cursor.close()

    return pa.RecordBatchReader.from_batches(reader.schema, batches())
