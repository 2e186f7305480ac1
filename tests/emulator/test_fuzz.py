"""Random expressions against a second reading of the rules: the same value of the same type, or the same error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from deployer.emulator import dbapi
from deployer.emulator.errors import DatabaseError
from tests.emulator import reading, reading_functions
from tests.emulator.reading import INT, RANGES, REAL, Stop, Type, Unknown, Value


class Stops(Exception):
    """One of these errors, whichever part is computed first."""

    def __init__(self, numbers: frozenset[int]) -> None:
        super().__init__(numbers)
        self.numbers = numbers


class Either(Exception):
    """NULL or text beside a part that stops: whichever comes first is right."""


@dataclass(frozen=True)
class Expression:
    """T-SQL, its type as a typed NULL, the errors that its types make, and its value by the second reading."""

    sql: str
    null: Value
    stops: frozenset[int]
    value: Callable[[], Value]

    def __repr__(self) -> str:
        return self.sql


_REFUSED = 50000


def made_of(sql: str, parts: list[Expression], rule: Callable[..., Value]) -> Expression:
    """An expression whose rule takes values, and typed NULLs for the type alone."""
    stops = frozenset[int]().union(*(part.stops for part in parts))
    null = Value(INT, None)
    if not stops:
        try:
            null = rule(*(part.null for part in parts))
        except Stop as stop:
            stops = frozenset([stop.number])
        except Unknown:
            stops = frozenset([_REFUSED])

    def value() -> Value:
        values, numbers = [], frozenset[int]()
        for part in parts:
            try:
                values.append(part.value())
            except Stops as stop:
                numbers |= stop.numbers
        absent = any(found.value is None for found in values)
        if numbers:
            # Text beside it may stop too, when it is converted.
            raise Either if absent or any(found.type.base == "varchar" for found in values) else Stops(numbers)
        try:
            return rule_of(rule, *values)
        except Stops:
            if absent:
                raise Either from None
            raise

    return Expression(sql, null, stops, value)


def rule_of(rule: Callable[..., Value], *values: object) -> Value:
    try:
        return rule(*values)
    except Stop as stop:
        raise Stops(frozenset([stop.number])) from None
    except Unknown:
        raise Stops(frozenset([_REFUSED])) from None


_TEXTS = some.text("abAB -1.", max_size=6)


@some.composite
def types(draw: some.DrawFn) -> Type:
    base = draw(some.sampled_from([*RANGES, "decimal", "real", "float", "varchar"]))
    if base == "decimal":
        precision = draw(some.integers(1, 38))
        return Type("decimal", precision, draw(some.integers(0, precision)))
    return Type(base, draw(some.integers(1, 12)) if base == "varchar" else 0)


def leaf(sql: str, value: Value) -> Expression:
    return Expression(sql, replace(value, value=None), frozenset(), lambda: value)


@some.composite
def leaves(draw: some.DrawFn) -> Expression:
    """A constant, a NULL or a value cast to its type."""
    kind = draw(types())
    if draw(some.integers(0, 11)) == 0:
        return leaf(f"CAST(NULL AS {kind})", Value(kind, None))
    if kind.base in RANGES:
        low, high = RANGES[kind.base]
        number = draw(some.integers(low, high) | some.integers(max(low, -9), 9) | some.sampled_from([low, high]))
        if kind == INT and number >= 0 and draw(some.booleans()):
            return leaf(str(number), Value(INT, number, len(str(number))))
        return leaf(f"CAST({number} AS {kind})", Value(kind, number))
    if kind.base == "decimal":
        digits = draw(some.integers(0, 10**kind.size - 1) | some.integers(0, 99).map(lambda n: n % 10**kind.size))
        exact = reading.shifted(digits if draw(some.booleans()) else -digits, kind.scale)
        return leaf(f"CAST('{exact:f}' AS {kind})", Value(kind, exact))
    if kind.base == "varchar":
        text = draw(_TEXTS | some.integers(-99, 999).map(str))[: kind.size]
        return leaf(f"CAST('{text}' AS {kind})", Value(kind, text))
    floats = some.floats(allow_nan=False, allow_infinity=False, width=32 if kind == REAL else 64)
    drawn = draw(floats | some.integers(-99, 99).map(float))
    made = np.float32(drawn or 0.0) if kind == REAL else np.float64(drawn or 0.0)
    return leaf(f"CAST('{float(made)!r}' AS {kind})", Value(kind, made))


def operation(operator: str, left: Expression, right: Expression) -> Expression:
    return made_of(
        f"({left} {operator} {right})", [left, right], lambda one, other: reading.operate(operator, one, other)
    )


def bits(operator: str, left: Expression, right: Expression) -> Expression:
    return made_of(f"({left} {operator} {right})", [left, right], lambda one, other: reading.bits(operator, one, other))


def cast(part: Expression, kind: Type) -> Expression:
    return made_of(f"CAST({part} AS {kind})", [part], lambda value: reading.cast(value, kind))


def negative(part: Expression) -> Expression:
    return made_of(f"(-{part})", [part], reading.negate)


def isnull(left: Expression, right: Expression) -> Expression:
    return _first(f"ISNULL({left}, {right})", left, right, lambda one, _: one)


def coalesce(left: Expression, right: Expression) -> Expression:
    return _first(f"COALESCE({left}, {right})", left, right, reading.common)


def _first(sql: str, left: Expression, right: Expression, kind_of: Callable[[Type, Type], Type]) -> Expression:
    """The first, or where it is NULL the second, which is computed only then."""

    def rule(one: Value, other: Value) -> Value:
        return Value(kind_of(one.type, other.type), None)

    whole = made_of(sql, [left, right], rule)

    def value() -> Value:
        first = left.value()
        return rule_of(reading.cast, first if first.value is not None else right.value(), whole.null.type)

    return replace(whole, value=value)


def choice(operator: str, left: Expression, right: Expression, yes: Expression, no: Expression) -> Expression:
    """CASE computes one of its branches."""

    def rule(one: Value, other: Value, then: Value, otherwise: Value) -> Value:
        reading.compare(operator, one, other)
        return Value(reading.common(then.type, otherwise.type), None)

    sql = f"(CASE WHEN {left} {operator} {right} THEN {yes} ELSE {no} END)"
    whole = made_of(sql, [left, right, yes, no], rule)
    tested = made_of("", [left, right], lambda one, other: Value(INT, reading.compare(operator, one, other)))

    def value() -> Value:
        branch = yes if tested.value().value else no
        return rule_of(reading.cast, branch.value(), whole.null.type)

    return replace(whole, value=value)


def _extend(inner: some.SearchStrategy[Expression]) -> some.SearchStrategy[Expression]:
    compared = some.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    integers = some.builds(cast, inner, some.sampled_from([*map(Type, RANGES)]))
    return some.one_of(
        some.builds(operation, some.sampled_from("+-*/%"), inner, inner),
        some.builds(bits, some.sampled_from("&|^"), integers, integers | inner),
        some.builds(cast, inner, types()),
        some.builds(negative, inner),
        some.builds(isnull, inner, inner),
        some.builds(coalesce, inner, inner),
        some.builds(choice, compared, inner, inner, inner, inner),
    )


EXPRESSIONS = some.recursive(leaves(), _extend, max_leaves=5)


@pytest.fixture(scope="module")
def pool() -> Iterator[dbapi.Connection]:
    opened = dbapi.connect(":memory:", autocommit=True)
    yield opened
    opened.close()


def check(pool: dbapi.Connection, expression: Expression) -> None:
    """The emulator gives the value and its type, or one of the errors."""
    sql = f"SELECT {expression};"
    numbers = expression.stops
    expected: Value | None = None
    if not numbers:
        try:
            expected = expression.value()
        except Stops as stop:
            numbers = stop.numbers
        except Either:
            return
    if expected is None:
        with pytest.raises(DatabaseError) as refusal:
            pool.cursor().execute(sql).fetchall()
        assert refusal.value.number in numbers, (sql, refusal.value, numbers)
        return
    result = next(pool.session.run_batch(sql))
    assert str(result.columns[0].type) == str(expected.type), sql
    ((found,),) = pool.cursor().execute(sql).fetchall()
    wanted = expected.value
    if isinstance(wanted, np.floating):
        wanted = float(wanted)
    assert found == wanted, (sql, found, wanted)
    assert not isinstance(wanted, Decimal) or found.as_tuple() == wanted.as_tuple(), sql


@settings(max_examples=300, deadline=None)
@given(expression=EXPRESSIONS)
def test_random_expressions_are_read_alike(pool: dbapi.Connection, expression: Expression) -> None:
    check(pool, expression)


_NUMBERS = some.integers(-3, 9)
_WORDS = some.text("abAB -1.", max_size=3)


@settings(max_examples=150, deadline=None)
@given(text=some.none() | _TEXTS, form=some.sampled_from([*reading_functions.TEXTS]), data=some.data())
def test_functions_of_text_are_read_alike(
    pool: dbapi.Connection, text: str | None, form: str, data: some.DataObject
) -> None:
    kind = Type("varchar", max(len(text or ""), 1))
    wanted, rule = reading_functions.TEXTS[form]
    values = [data.draw(_NUMBERS if letter == "n" else _WORDS) for letter in wanted]
    written = [str(value) if isinstance(value, int) else f"'{value}'" for value in values]
    first = "NULL" if text is None else f"'{text}'"
    sql = form.format(f"CAST({first} AS {kind})", *written)
    whole = made_of(sql, [leaf("", Value(kind, text))], lambda found: rule(found, *values))
    if text is not None or not whole.stops:
        # What a wrong length beside NULL gives, nobody documents.
        check(pool, whole)


@settings(max_examples=60, deadline=None)
@given(text=_TEXTS, sought=_WORDS, start=_NUMBERS)
def test_charindex_is_read_alike(pool: dbapi.Connection, text: str, sought: str, start: int) -> None:
    kind = Type("varchar", max(len(text), 1))
    found = reading_functions.charindex(Value(kind, text), sought, start)
    check(pool, leaf(f"CHARINDEX('{sought}', CAST('{text}' AS {kind}), {start})", found))


@settings(max_examples=150, deadline=None)
@given(
    text=_TEXTS,
    pattern=some.lists(some.sampled_from("abAB -1.%_") | some.sampled_from(["[ab]", "[^a1]", "[%]"]), max_size=4),
)
def test_patterns_are_read_alike(pool: dbapi.Connection, text: str, pattern: list[str]) -> None:
    written = "".join(pattern)
    held = reading_functions.like(text, written)
    for pattern_sql in (f"'{written}'", f"CAST('{written}' AS varchar(20))"):
        sql = f"CASE WHEN CAST('{text}' AS varchar(9)) LIKE {pattern_sql} THEN 1 ELSE 0 END"
        check(pool, leaf(sql, Value(INT, int(held))))


_EXACT = leaves().filter(lambda found: found.null.type.base in {*RANGES, "decimal"})


@settings(max_examples=150, deadline=None)
@given(part=_EXACT, digits=some.integers(-6, 6), cut=some.booleans())
def test_rounding_is_read_alike(pool: dbapi.Connection, part: Expression, digits: int, cut: bool) -> None:
    sql = f"ROUND({part}, {digits}, {int(cut)})"
    check(pool, made_of(sql, [part], lambda value: reading_functions.round_exact(value, digits, cut)))
    check(pool, made_of(f"FLOOR({part})", [part], lambda value: reading_functions.whole(value, up=False)))
    check(pool, made_of(f"CEILING({part})", [part], lambda value: reading_functions.whole(value, up=True)))


@settings(max_examples=100, deadline=None)
@given(
    part=some.sampled_from(["year", "quarter", "month", "week", "day"]),
    number=some.integers(-5000, 5000),
    date=some.dates(),
)
def test_dateadd_is_read_alike(pool: dbapi.Connection, part: str, number: int, date: dt.date) -> None:
    sql = f"DATEADD({part}, {number}, CAST('{date.isoformat()}' AS date))"
    null = leaf("", Value(Type("date"), date))
    check(
        pool,
        made_of(
            sql,
            [null],
            lambda value: Value(Type("date"), value.value and reading_functions.dateadd(part, number, value.value)),
        ),
    )


@settings(max_examples=100, deadline=None)
@given(
    part=some.sampled_from(["year", "quarter", "month", "week", "day", "hour", "minute", "second"]),
    start=some.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2040, 1, 1)),
    end=some.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2040, 1, 1)),
)
def test_datediff_is_read_alike(pool: dbapi.Connection, part: str, start: dt.datetime, end: dt.datetime) -> None:
    sides = ", ".join(f"CAST('{moment.isoformat(' ')}' AS datetime2(6))" for moment in (start, end))
    found = reading_functions.datediff(part, start, end)
    check(pool, leaf(f"DATEDIFF({part}, {sides})", Value(INT, found)))


@settings(max_examples=100, deadline=None)
@given(name=some.sampled_from(["SUM", "AVG"]), parts=some.lists(_EXACT, min_size=1, max_size=4))
def test_sums_and_averages_are_read_alike(pool: dbapi.Connection, name: str, parts: list[Expression]) -> None:
    kind = parts[0].null.type
    values = [value for value in (part.value().value for part in parts if part.null.type == kind) if value is not None]
    rows = " UNION ALL ".join(f"SELECT {part} AS x" for part in parts if part.null.type == kind)
    one = leaf("", Value(kind, Decimal(0)))
    sql = f"{name}(x) FROM ({rows}) AS t"
    check(
        pool,
        made_of(
            sql, [one], lambda value: reading_functions.aggregate(name, kind, values if value.value is not None else [])
        ),
    )
