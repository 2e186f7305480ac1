"""Functions of text and of bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deployer.emulator.arithmetic import cut_to
from deployer.emulator.casts import cast
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.fragments import once, quote, raise_error, utf16_length
from deployer.emulator.typed import Builder, Typed, as_type, constant_text
from deployer.emulator.types import BIGINT, INT, MAX, NVARCHAR, VARCHAR, SqlType


def text_of(value: Typed) -> str:
    """The value as text; what is none is cast as the server does it by itself."""
    if value.type is None or not value.type.is_text:
        if value.type is not None and value.type.is_binary:
            raise NotSupportedError("The emulator reads no binary as text; cast it first.")
        return cast(value.sql, value.type, VARCHAR)
    return value.sql


def _basic(value: Typed) -> str:
    """Text that is counted by the character: none from outside of the basic plane, which the server counts twice."""
    text = text_of(value)
    if value.type is None or not value.type.is_national:
        return text
    outside = r"strlen(v) <> length(v) AND regexp_matches(v, '[\x{10000}-\x{10FFFF}]')"
    fail = raise_error(50000, "The emulator takes no text apart that has characters outside of the basic plane.")
    return once(text, f"CASE WHEN {outside} THEN {fail} ELSE v END")


def _part_type(value: Typed) -> SqlType:
    """The type of a part of a text: never longer, and of varying length."""
    if value.type is None or not value.type.is_text:
        return VARCHAR
    base = "nvarchar" if value.type.is_national else "varchar"
    return SqlType(base, value.type.length, collation=value.type.collation)


def _longest(values: Sequence[Typed]) -> SqlType:
    """The type of a text that is made longer: its longest, or (max) if it is that already."""
    texts = [value.type for value in values if value.type is not None and value.type.is_text]
    kind = NVARCHAR if any(text.is_national for text in texts) else VARCHAR
    length = MAX if any(text.length == MAX for text in texts) else kind.length
    return SqlType(kind.base, length, collation=next((text.collation for text in texts if text.collation), None))


def _cased(values: Sequence[Typed]) -> str:
    """Whether what is looked for minds case: by the collation of the arguments."""
    return str(any(value.type is not None and value.type.is_cased for value in values)).lower()


def _cases(name: str, odd: str) -> Builder:
    """UPPER and LOWER; what DuckDB and the server write in another case differs for some letters, which are refused."""
    fail = raise_error(50000, f"The emulator does not know what the server makes of one of {odd} in {name.upper()}.")
    check = f"CASE WHEN strlen(v) <> length(v) AND regexp_matches(v, '[{odd}]') THEN {fail} ELSE {name}(v) END"
    return lambda a: Typed(once(text_of(a[0]), check), _part_type(a[0]))


def _trim(name: str) -> Builder:
    """LTRIM, RTRIM and TRIM take blanks away, and nothing else."""
    return lambda a: Typed(f"{name}({text_of(a[0])}, ' ')", _part_type(a[0]))


def _trim_both(a: Sequence[Typed]) -> Typed:
    if len(a) == 1:
        return _trim("trim")(a)
    if a[1].constant is None or any(char.isalpha() for char in a[1].constant):
        raise NotSupportedError(
            "The emulator knows TRIM of constant characters that are no letters: those may mind case."
        )
    return Typed(f"trim({_basic(a[0])}, {a[1].sql})", _part_type(a[0]))


def _concat(a: Sequence[Typed]) -> Typed:
    return cut_to("concat(" + ", ".join(text_of(value) for value in a) + ")", _longest(a))


def _concat_ws(a: Sequence[Typed]) -> Typed:
    separator = f"coalesce({text_of(a[0])}, '')"
    return cut_to(f"concat_ws({separator}, {', '.join(text_of(value) for value in a[1:])})", _longest(a))


def _replicate(a: Sequence[Typed]) -> Typed:
    kind = _longest(a[:1])
    times = once(as_type(a[1], INT), "CASE WHEN v >= 0 THEN v END")
    return cut_to(f"repeat({text_of(a[0])}, {times})", kind)


def _space(a: Sequence[Typed]) -> Typed:
    times = once(as_type(a[0], INT), "CASE WHEN v >= 0 THEN least(v, 8000) END")
    return Typed(f"repeat(' ', {times})", VARCHAR)


def _replace(a: Sequence[Typed]) -> Typed:
    if any(value.type is None for value in a):
        return Typed("CAST(NULL AS VARCHAR)", _longest(a))
    # Without regard to case, as everything; what is looked for is no pattern.
    sought = rf"regexp_replace({text_of(a[1])}, '([\\.^$|?*+()\[\]{{}}])', '\\\1', 'g')"
    put = rf"replace({text_of(a[2])}, '\', '\\')"
    flags = "g" if _cased(a) == "true" else "gi"
    sql = (
        f"CASE WHEN {text_of(a[1])} = '' THEN {text_of(a[0])} "
        f"ELSE regexp_replace({text_of(a[0])}, {sought}, {put}, '{flags}') END"
    )
    return cut_to(sql, _longest(a))


def _translate(a: Sequence[Typed]) -> Typed:
    if _cased(a) == "true":
        raise NotSupportedError("The emulator does not know TRANSLATE with a collation that minds case.")
    return Typed(f"tsql_translate({', '.join(_basic(value) for value in a)})", _longest(a))


def _stuff(a: Sequence[Typed]) -> Typed:
    start, length = (as_type(value, INT) for value in a[1:3])
    put = f"coalesce({_basic(a[3])}, '')" if a[3].type is not None else "''"
    text = (
        f"CASE WHEN {start} <= 0 OR {start} > length(v) OR {length} < 0 OR {length} IS NULL THEN NULL "
        f"ELSE left(v, {start} - 1) || {put} || substr(v, {start} + {length}) END"
    )
    return cut_to(once(_basic(a[0]), text), _longest([a[0], a[3]]))


def _len(a: Sequence[Typed]) -> Typed:
    if a[0].type is not None and a[0].type.is_binary:
        return Typed(f"CAST(octet_length({a[0].sql}) AS INTEGER)", INT)
    result = BIGINT if a[0].type is not None and a[0].type.length == MAX else INT
    return Typed(f"CAST({once(f'rtrim({text_of(a[0])}, chr(32))', utf16_length('v'))} AS {result.duckdb})", result)


_BYTES: Mapping[str, int] = {
    "tinyint": 1,
    "smallint": 2,
    "int": 4,
    "bigint": 8,
    "real": 4,
    "float": 8,
    "bit": 1,
    "money": 8,
    "smallmoney": 4,
    "date": 3,
    "datetime": 8,
    "smalldatetime": 4,
    "uniqueidentifier": 16,
}


def _datalength(a: Sequence[Typed]) -> Typed:
    kind = a[0].type
    if kind is not None and (size := _size(kind)):
        return Typed(f"CASE WHEN {a[0].sql} IS NOT NULL THEN {size} END", INT)
    if kind is None or not (kind.is_text or kind.is_binary):
        raise NotSupportedError(f"The emulator does not know DATALENGTH of {kind or 'NULL'}.")
    result = BIGINT if kind.length == MAX else INT
    if kind.is_binary:
        return Typed(f"CAST(octet_length({a[0].sql}) AS {result.duckdb})", result)
    factor = 2 if kind.is_national else 1
    return Typed(f"CAST({factor} * {once(a[0].sql, utf16_length('v'))} AS {result.duckdb})", result)


def _size(kind: SqlType) -> int:
    """Bytes of a value (learn.microsoft.com: datetime2, time); 0 where it is not the type that says it."""
    if kind.base in {"time", "datetime2"}:
        extra = 3 if kind.base == "datetime2" else 0
        scale = 7 if kind.scale is None else kind.scale
        return extra + (3 if scale <= 2 else 4 if scale <= 4 else 5)
    return _BYTES.get(kind.base, 0)


_HASHES: Mapping[str, tuple[str, int]] = {
    "MD5": ("unhex(md5({}))", 16),
    "SHA": ("unhex(sha1({}))", 20),
    "SHA1": ("unhex(sha1({}))", 20),
    "SHA2_256": ("unhex(sha256({}))", 32),
    "SHA2_512": ("tsql_sha512({})", 64),
}


def _hashbytes(a: Sequence[Typed]) -> Typed:
    algorithm = constant_text(a[0], "HASHBYTES")
    if algorithm not in _HASHES:
        raise NotSupportedError(f"The emulator does not know HASHBYTES with {algorithm}.")
    kind = a[1].type
    if kind is not None and not (kind.is_binary or kind.is_text):
        raise ProgrammingError(f"Argument data type {kind.base} is invalid for argument 2 of hashbytes function.", 8116)
    content = a[1].sql if kind is None or kind.is_binary else bytes_of(a[1].sql, kind)
    return Typed(_HASHES[algorithm][0].format(content), SqlType("varbinary", 8000))


def bytes_of(text: str, kind: SqlType) -> str:
    """Text in the encoding of its type."""
    return f"tsql_encode({text}, {str(kind.is_national).lower()})"


def _part(name: str, number: int) -> Builder:
    """LEFT and RIGHT."""

    def build(a: Sequence[Typed]) -> Typed:
        fail = raise_error(number, f"Invalid length parameter passed to the {name} function.")
        length = once(as_type(a[1], INT), f"CASE WHEN v < 0 THEN {fail} ELSE v END")
        return Typed(f"{name}({_basic(a[0])}, {length})", _part_type(a[0]))

    return build


def _substring(a: Sequence[Typed]) -> Typed:
    start, length = (as_type(value, INT) for value in a[1:])
    fail = raise_error(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
    length = once(length, f"CASE WHEN v < 0 THEN {fail} ELSE v END")
    left = f"greatest({start}, 1)"
    # Before the text there is room that counts: SUBSTRING('abc', 0, 2) is 'a'.
    count = f"greatest((CAST({start} AS BIGINT) + {length}) - {left}, 0)"
    whole = f"CASE WHEN {start} IS NULL OR {length} IS NULL THEN NULL ELSE "
    if a[0].type is not None and a[0].type.is_binary:
        hexed = f"unhex(substr(hex({a[0].sql}), 2 * {left} - 1, 2 * {count}))"
        return Typed(f"{whole}{hexed} END", SqlType("varbinary", a[0].type.length))
    return Typed(f"{whole}substr({_basic(a[0])}, {left}, {count}) END", _part_type(a[0]))


def _charindex(a: Sequence[Typed]) -> Typed:
    sought, text = text_of(a[0]), _basic(a[1])
    result = BIGINT if a[1].type is not None and a[1].type.length == MAX else INT
    # Without a collation of its own DuckDB's function would follow the session's.
    fold = '{} COLLATE "C"' if _cased(a[:2]) == "true" else "lower({})"
    start = once(as_type(a[2], INT), "greatest(coalesce(v, 1), 1)") if len(a) == 3 else "1"
    place = f"strpos({fold.format(f'substr({text}, {start})')}, {fold.format(sought)})"
    found = once(place, f"CASE WHEN v > 0 THEN v + {start} - 1 ELSE v END")
    return Typed(f"CAST(CASE WHEN {sought} = '' THEN 0 ELSE {found} END AS {result.duckdb})", result)


def _patindex(a: Sequence[Typed]) -> Typed:
    return Typed(f"tsql_patindex({text_of(a[0])}, {_basic(a[1])}, {_cased(a)})", INT)


def _quotename(a: Sequence[Typed]) -> Typed:
    pairs = {
        "[": "[]",
        "]": "[]",
        "'": "''",
        '"': '""',
        "(": "()",
        ")": "()",
        "<": "<>",
        ">": "<>",
        "{": "{}",
        "}": "{}",
    }
    pairs["`"] = "``"
    mark = constant_text(a[1], "QUOTENAME") if len(a) == 2 else "["
    result = SqlType("nvarchar", 258)
    if mark not in pairs:
        return Typed("CAST(NULL AS VARCHAR)", result)
    first, last = (quote(char) for char in pairs[mark])
    body = f"CASE WHEN length(v) <= 128 THEN {first} || replace(v, {last}, {last} || {last}) || {last} END"
    return Typed(once(text_of(a[0]), body), result)


def _char(a: Sequence[Typed]) -> Typed:
    body = "CASE WHEN v BETWEEN 0 AND 255 THEN tsql_decode(tsql_bytes(CAST(v AS BIGINT), 1), false) END"
    return Typed(once(as_type(a[0], INT), body), SqlType("char", 1))


def _nchar(a: Sequence[Typed]) -> Typed:
    half = raise_error(50000, "The emulator has no half of a character outside of the basic plane.")
    body = f"CASE WHEN v BETWEEN 55296 AND 57343 THEN {half} WHEN v BETWEEN 0 AND 65535 THEN chr(v) END"
    return Typed(once(as_type(a[0], INT), body), SqlType("nchar", 1))


def _ascii(a: Sequence[Typed]) -> Typed:
    body = "CASE WHEN v <> '' THEN CAST(tsql_int(tsql_encode(left(v, 1), false), 1) AS INTEGER) END"
    return Typed(once(text_of(a[0]), body), INT)


def _unicode(a: Sequence[Typed]) -> Typed:
    return Typed(f"CAST({once(_basic(a[0]), 'CASE WHEN length(v) > 0 THEN unicode(v) END')} AS INTEGER)", INT)


TEXTS: Mapping[str, tuple[int, int, Builder, str]] = {
    "LEN": (1, 1, _len, "text | binary"),
    "DATALENGTH": (1, 1, _datalength, "value"),
    "UPPER": (1, 1, _cases("upper", "ßµƒıſ"), "text"),
    "LOWER": (1, 1, _cases("lower", "İẞK"), "text"),
    "LTRIM": (1, 1, _trim("ltrim"), "text"),
    "RTRIM": (1, 1, _trim("rtrim"), "text"),
    "TRIM": (1, 2, _trim_both, "[characters FROM] text"),
    "REVERSE": (1, 1, lambda a: Typed(f"tsql_reverse({_basic(a[0])})", _part_type(a[0])), "text"),
    "LEFT": (2, 2, _part("left", 536), "text, length"),
    "RIGHT": (2, 2, _part("right", 536), "text, length"),
    "SUBSTRING": (3, 3, _substring, "text | binary, start, length"),
    "STUFF": (4, 4, _stuff, "text, start, length, put"),
    "REPLACE": (3, 3, _replace, "text, sought, put"),
    "TRANSLATE": (3, 3, _translate, "text, characters, put"),
    "REPLICATE": (2, 2, _replicate, "text, times"),
    "SPACE": (1, 1, _space, "times"),
    "CONCAT": (2, 254, _concat, "value, value [, …]"),
    "CONCAT_WS": (3, 254, _concat_ws, "separator, value, value [, …]"),
    "CHARINDEX": (2, 3, _charindex, "sought, text [, start]"),
    "PATINDEX": (2, 2, _patindex, "pattern, text"),
    "QUOTENAME": (1, 2, _quotename, "text [, mark]"),
    "CHAR": (1, 1, _char, "code"),
    "NCHAR": (1, 1, _nchar, "code"),
    "ASCII": (1, 1, _ascii, "text"),
    "UNICODE": (1, 1, _unicode, "text"),
    "HASHBYTES": (2, 2, _hashbytes, "'MD5' | 'SHA1' | 'SHA2_256' | 'SHA2_512', text | binary"),
}
"""Name to fewest and most arguments, what builds it, and its arguments for the page."""
