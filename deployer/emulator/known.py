"""What the emulator knows of the language: the parts of each of sqlglot's expressions, and functions by name."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from deployer.emulator.errors import NotSupportedError

_PARTS: Mapping[str, frozenset[str]] = {
    name: frozenset(parts.split())
    for name, parts in {
        "Alias": "this alias",
        "And": "this expression",
        "Anonymous": "this expressions",
        "Between": "this low high",
        "Case": "this ifs default",
        "Cast": "this to safe style",
        "Column": "this table db catalog",
        "Distinct": "expressions",
        "Exists": "this",
        "HexString": "this",
        "If": "this true",
        "In": "this query expressions",
        "Is": "this expression",
        "Like": "this expression negate",
        "Literal": "this is_string",
        "National": "this",
        "Neg": "this",
        "Not": "this",
        "Null": "",
        "Or": "this expression",
        "Ordered": "this desc nulls_first",
        "Parameter": "this",
        "Paren": "this",
        "Placeholder": "this",
        "Star": "",
        "Subquery": "this",
        "BitwiseNot": "this",
        "Collate": "this expression",
        "Escape": "this expression",
        "WithinGroup": "this expression",
        "WindowSpec": "kind start start_side end end_side",
        "Window": "this partition_by order spec over",
        "Div": "this expression typed safe",
        **dict.fromkeys(["Add", "Sub", "Mul", "Mod", "BitwiseAnd", "BitwiseOr", "BitwiseXor"], "this expression"),
        **dict.fromkeys(["EQ", "NEQ", "LT", "LTE", "GT", "GTE"], "this expression"),
    }.items()
}
"""What the emulator knows of each expression. sqlglot notes a NOT, an ESCAPE or an EXCEPT as one more part."""


def need_known(node: exp.Expr, known: frozenset[str] | None = None) -> None:
    """Stop at any part of a node that is not known to be taken care of."""
    if known is None:
        known = _PARTS.get(type(node).__name__)
    if known is None:
        raise NotSupportedError(f"The emulator does not know the expression {shown(node)!r}.")
    for name, value in node.args.items():
        if name not in known and value not in (None, [], False, ""):
            word = name.strip("_").upper()
            raise NotSupportedError(
                f"{word} in a {type(node).__name__.upper()} is not supported by the emulated pool.", 104
            )


def shown(node: exp.Expr) -> str:
    """A node for a message, cut where it grows long."""
    try:
        return node.sql(dialect="tsql")[:80]
    except ValueError:
        # sqlglot does not write the nodes that `syntax` adds.
        return type(node).__name__.upper()


SESSION_FUNCTIONS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(["ERROR_NUMBER", "ERROR_MESSAGE", "ERROR_SEVERITY", "ERROR_STATE", "ERROR_PROCEDURE"], (0, 0)),
    "XACT_STATE": (0, 0),
    "SESSION_ID": (0, 0),
    "OBJECT_ID": (1, 2),
}
"""Functions that ask about the session, with fewest and most arguments. Others ask the catalog: `catalog_functions`."""

ABSENT_FUNCTIONS = frozenset(["ERROR_LINE", "SCOPE_IDENTITY", "IDENT_CURRENT", "ROWCOUNT_BIG"])
"""Functions that the pool lacks (learn.microsoft.com: Use transactions in a SQL pool, which names ERROR_LINE; T-SQL
language elements for dedicated SQL pool, whose list has none of them).
"""

BARE_FUNCTIONS = frozenset(["CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER", "USER"])
"""Functions that are written without parentheses."""
