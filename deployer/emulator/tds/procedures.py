"""Calls of procedures (RPC): the system procedures that drivers call by themselves, and the database's own.

What each takes and gives is learn.microsoft.com's page of it (sp_executesql, sp_prepare, sp_prepexec,
sp_describe_first_result_set), and [MS-TDS] 2.2.6.6 for those that only drivers call.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from deployer.emulator.answers import parse_object_name
from deployer.emulator.errors import NotSupportedError, ProgrammingError
from deployer.emulator.frames import Result
from deployer.emulator.grammar import parse_batch
from deployer.emulator.session import Session
from deployer.emulator.tds import describe_calls
from deployer.emulator.tds.declared import parse_declared
from deployer.emulator.tds.requests import Argument, Call
from deployer.emulator.typed import Typed
from deployer.emulator.types import INT, SqlType
from deployer.emulator.values import Parameters, literal

Output = tuple[str, object, SqlType]
"""An OUTPUT parameter: its name as the client gave it, its value and type."""

Steps = Generator[Result | Output, None, None]
"""What a call gives while it runs."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that was prepared: its text, and the parameters that it declares."""

    sql: str
    declared: Mapping[str, SqlType]


@dataclass(slots=True)
class Handles:
    """A client's prepared statements by their handles."""

    statements: dict[int, Prepared] = field(default_factory=dict)
    last: int = 0

    def add(self, prepared: Prepared) -> int:
        self.last += 1
        self.statements[self.last] = prepared
        return self.last

    def find(self, handle: object) -> Prepared:
        if not isinstance(handle, int) or handle not in self.statements:
            raise ProgrammingError(f"Could not find prepared statement with handle {handle}.", 8179, 16, 2)
        return self.statements[handle]


def run_call(session: Session, handles: Handles, call: Call) -> Steps:
    """Run a call: the results of its statements, and its OUTPUT parameters when they are known."""
    name = call.procedure.rpartition(".")[2].strip("[]").lower()
    runner = _RUNNERS.get(name)
    if runner is not None:
        return runner(session, handles, call.arguments)
    # The catalog's procedures have no schema: drivers write `sys`, and the database's name.
    return _run_own(session, replace(call, procedure=name) if name.startswith("sp_") else call)


# --- Statements with parameters ---


def _run_statement(session: Session, prepared: Prepared, given: Sequence[Argument]) -> Steps:
    """A statement with the values of what it declares, by name or in order."""
    names = tuple(prepared.declared)
    variables: dict[str, tuple[object, SqlType]] = {}
    outputs: list[tuple[str, str]] = []
    for place, argument in enumerate(given):
        name = argument.name or (names[place] if place < len(names) else "")
        if name not in prepared.declared:
            raise ProgrammingError(f"{argument.name or place + 1} is not a parameter of the statement.", 8145, 16, 2)
        variables[name] = _convert(session, argument, prepared.declared[name])
        if argument.is_output:
            outputs.append((argument.name, name))
    for name in names:
        if name not in variables:
            raise ProgrammingError(
                f"The parameterized query expects the parameter '{name}', which was not supplied.", 8178
            )
    yield from session.run_batch(prepared.sql, (), variables)
    for said, name in outputs:
        yield (said, *session.variables[name])


def _convert(session: Session, argument: Argument, kind: SqlType) -> tuple[object, SqlType]:
    """A value as the type that was declared for it."""
    _need_value(argument)
    if argument.value is None or argument.type == kind:
        return argument.value, kind
    parameters = Parameters()
    value = Typed(literal(argument.value, argument.type, parameters), argument.type)
    return session.value_of(value, kind, parameters)


def _need_value(argument: Argument) -> None:
    if argument.is_default:
        raise NotSupportedError("Parameters of a dedicated SQL pool's procedures have no default values.", 104)
    if argument.legacy:
        raise NotSupportedError(f"Type {argument.legacy} is not supported in a dedicated SQL pool.", 104)


def _text(arguments: Sequence[Argument], place: int) -> str:
    """The text that stands at a place of the arguments; empty for NULL and for none."""
    value = arguments[place].value if place < len(arguments) else None
    if value is not None and not isinstance(value, str):
        raise ProgrammingError("Procedure expects parameter of type 'ntext/nchar/nvarchar'.", 214, 16, 2)
    return value or ""


def _prepare(declared: str, sql: str) -> Prepared:
    parse_batch(sql)
    return Prepared(sql, parse_declared(declared))


def _executesql(session: Session, _handles: Handles, given: Sequence[Argument]) -> Steps:
    return _run_statement(session, Prepared(_text(given, 0), parse_declared(_text(given, 1))), given[2:])


def _run_prepare(_session: Session, handles: Handles, given: Sequence[Argument]) -> Steps:
    yield given[0].name, handles.add(_prepare(_text(given, 1), _text(given, 2))), INT


def _run_prepexec(session: Session, handles: Handles, given: Sequence[Argument]) -> Steps:
    handles.statements.pop(_handle(given), None)
    prepared = _prepare(_text(given, 1), _text(given, 2))
    # The client knows the handle even where the statement then fails.
    yield given[0].name, handles.add(prepared), INT
    yield from _run_statement(session, prepared, given[3:])


def _run_prepexecrpc(session: Session, handles: Handles, given: Sequence[Argument]) -> Steps:
    """A call of a procedure, prepared: its name, and the values."""
    yield given[0].name, handles.add(Prepared(_text(given, 1), {})), INT
    yield from run_call(session, handles, Call(_text(given, 1), tuple(given[2:])))


def _run_execute(session: Session, handles: Handles, given: Sequence[Argument]) -> Steps:
    return _run_statement(session, handles.find(_handle(given)), given[1:])


def _run_unprepare(_session: Session, handles: Handles, given: Sequence[Argument]) -> Steps:
    handles.find(_handle(given))
    handles.statements.pop(_handle(given))
    yield from ()


def _handle(given: Sequence[Argument]) -> int:
    value = given[0].value if given else None
    return value if isinstance(value, int) else 0


# --- The database's own procedures ---


def _run_own(session: Session, call: Call) -> Steps:
    """EXEC of the procedure, with the values as variables."""
    name = parse_object_name(call.procedure)
    if name is None:
        raise ProgrammingError(f"Could not find stored procedure '{call.procedure}'.", 2812, 16, 62)
    variables: dict[str, tuple[object, SqlType]] = {}
    written, outputs = [], []
    for place, argument in enumerate(call.arguments):
        _need_value(argument)
        variable = f"@argument{place}"
        variables[variable] = (argument.value, argument.type)
        named = f"{argument.name} = " if argument.name else ""
        written.append(f"{named}{variable}{' OUTPUT' if argument.is_output else ''}")
        if argument.is_output:
            outputs.append((argument.name, variable))
    target = ".".join(f"[{part.replace(']', ']]')}]" for part in (name.schema, name.name))
    yield from session.run_batch(f"EXEC {target} {', '.join(written)}", (), variables)
    for said, variable in outputs:
        yield (said, *session.variables[variable])


def _catalog(run: describe_calls.Runner) -> _Runner:
    return lambda session, _handles, given: run(session, given)


_Runner = Callable[[Session, Handles, Sequence[Argument]], Steps]

_RUNNERS: Mapping[str, _Runner] = {
    "sp_executesql": _executesql,
    "sp_prepare": _run_prepare,
    "sp_prepexec": _run_prepexec,
    "sp_prepexecrpc": _run_prepexecrpc,
    "sp_execute": _run_execute,
    "sp_unprepare": _run_unprepare,
    **{name: _catalog(run) for name, run in describe_calls.CALLS.items()},
}
