"""A SQL pool on your desk: DuckDB holds the tables, ONNX Runtime scores, sqlglot reads the language.

`grammar` reads a batch of T-SQL into statements, `translate` writes their queries in DuckDB's SQL by an allow-list,
`predict` scores, `session` runs a batch, `dbapi` is the driver (PEP 249), `dialect` is SQLAlchemy's
`mssql+emulator://`. What is not known is refused by name.
"""
