"""SELECT: its rows stream to whoever asks for them, or go into a new table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployer.emulator import ddl, objects
from deployer.emulator import statements as st
from deployer.emulator.frames import ROWS, Result
from deployer.emulator.sources import table_name
from deployer.emulator.translate import Translator

if TYPE_CHECKING:
    import pyarrow as pa

    from deployer.emulator.session import Session


def run_query(session: Session, statement: st.Query) -> Iterator[Result]:
    into = statement.query.args.get("into")
    if into is not None:
        query = statement.query.copy()
        query.set("into", None)
        options = ddl.TableOptions(distribution="ROUND_ROBIN")
        yield Result(count=objects.create_as(session, table_name(into.this), query, options))
        return
    translator = Translator(session)
    relation = translator.query(statement.query, ordered_result=True)
    parameters = translator.parameters.used_in(relation.sql)
    readers: list[pa.RecordBatchReader] = []

    def read() -> pa.RecordBatchReader:
        with session.engine():
            reader = session.connection.sql(relation.sql, params=parameters).to_arrow_reader(ROWS)
        session.hold(reader)
        readers.append(reader)
        return reader

    yield Result(tuple(column for _, column in relation.columns), read)
    # The batch goes on when the query is done, as on the server, whether its rows were wanted or not.
    with session.engine():
        for _ in readers[-1] if readers else read():
            pass
