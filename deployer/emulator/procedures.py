"""EXEC: of procedures, of text, and of the system's own procedures. Each function runs one kind of statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from deployer.emulator import ddl
from deployer.emulator import statements as st
from deployer.emulator.control import need_alone
from deployer.emulator.driver_procedures import DRIVER_PROCEDURES
from deployer.emulator.errors import ProgrammingError
from deployer.emulator.frames import Frame, Result
from deployer.emulator.grammar import parse_batch, parse_parameters
from deployer.emulator.principals import run_alter_role
from deployer.emulator.syntax import ObjectName
from deployer.emulator.types import NVARCHAR_MAX, SqlType

if TYPE_CHECKING:
    from deployer.emulator.session import Session


def run_execute_text(session: Session, statement: st.ExecuteText) -> Iterator[Result]:
    code, _ = session.scalar(statement.code, NVARCHAR_MAX)
    yield from _run_text(session, str(code or ""), Frame())


def _run_text(session: Session, code: str, frame: Frame) -> Iterator[Result]:
    statements = parse_batch(code)
    need_alone(statements)
    yield from session.run_within(frame, statements)


def run_execute_procedure(session: Session, statement: st.ExecuteProcedure) -> Iterator[Result]:
    name = statement.name
    if name.schema.lower() in {"dbo", "sys"}:
        own = name.name.lower()
        if own in SYSTEM_PROCEDURES:
            yield from SYSTEM_PROCEDURES[own](session, statement.arguments)
            return
        if own in DRIVER_PROCEDURES:
            yield from _run_for_driver(session, name, statement.arguments, *DRIVER_PROCEDURES[own])
            return
    entry = session.catalog.find(name)
    if entry is None or entry.kind != "PROCEDURE":
        raise ProgrammingError(f"Could not find stored procedure '{name}'.", 2812, 16, 62)
    (made,) = parse_batch(entry.definition)
    if not isinstance(made, ddl.CreateProcedure):
        raise ProgrammingError(f"Could not find stored procedure '{name}'.", 2812, 16, 62)
    frame = Frame(_bind(session, name, made.parameters, statement.arguments), procedure=str(entry.name))
    yield from session.run_within(frame, made.body)
    _return_outputs(session, made.parameters, statement.arguments, frame)


def _bind(
    session: Session, procedure: ObjectName, parameters: Sequence[ddl.Parameter], arguments: Sequence[st.Argument]
) -> dict[str, tuple[object, SqlType]]:
    """The parameters with the values that they are given, by name or by place."""
    given = _given(session, procedure, parameters, arguments)
    for parameter in parameters:
        if parameter.name not in given:
            raise ProgrammingError(
                f"Procedure or function '{procedure.name}' expects parameter '{parameter.name}', which was not "
                "supplied.",
                201,
                16,
                4,
            )
    return given


def _given(
    session: Session, procedure: ObjectName, parameters: Sequence[ddl.Parameter], arguments: Sequence[st.Argument]
) -> dict[str, tuple[object, SqlType]]:
    given: dict[str, tuple[object, SqlType]] = {}
    for argument, parameter in _pairs(procedure, parameters, arguments):
        if argument.output and not parameter.output:
            raise ProgrammingError(
                f'The formal parameter "{parameter.name}" was not declared as an OUTPUT parameter, but the actual '
                "parameter passed in requested output.",
                8162,
                16,
                2,
            )
        if parameter.name in given:
            raise ProgrammingError(f"Parameter '{parameter.name}' was supplied multiple times.", 8143)
        given[parameter.name] = session.scalar(argument.value, parameter.type)
    return given


def _pairs(
    procedure: ObjectName, parameters: Sequence[ddl.Parameter], arguments: Sequence[st.Argument]
) -> Iterator[tuple[st.Argument, ddl.Parameter]]:
    by_name = {parameter.name: parameter for parameter in parameters}
    named = False
    for place, argument in enumerate(arguments):
        if named and not argument.name:
            raise ProgrammingError(
                f"Must pass parameter number {place + 1} and subsequent parameters as '@name = value'.", 119, 15
            )
        named = named or bool(argument.name)
        if not argument.name and place >= len(parameters):
            raise ProgrammingError(f"Procedure or function {procedure.name} has too many arguments specified.", 8144)
        if argument.name and argument.name not in by_name:
            raise ProgrammingError(f"{argument.name} is not a parameter for procedure {procedure.name}.", 8145)
        yield argument, by_name[argument.name] if argument.name else parameters[place]


def _return_outputs(
    session: Session, parameters: Sequence[ddl.Parameter], arguments: Sequence[st.Argument], frame: Frame
) -> None:
    """Give the caller's variables what OUTPUT parameters have become."""
    for argument, parameter in _pairs(ObjectName("", ""), parameters, arguments):
        if argument.output:
            session.assign(argument.output, *frame.variables[parameter.name])


def _run_sql(session: Session, arguments: Sequence[st.Argument]) -> Iterator[Result]:
    """sp_executesql: a text, the declaration of its parameters, and their values."""
    if not arguments:
        raise ProgrammingError("Procedure or function 'sp_executesql' expects parameter '@statement'.", 201, 16, 4)
    code, kind = session.scalar(arguments[0].value)
    declared, declared_kind = session.scalar(arguments[1].value) if len(arguments) > 1 else ("", kind)
    for place, one in enumerate((kind, declared_kind)):
        if not one.is_national:
            name = ("@statement", "@params")[place]
            raise ProgrammingError(
                f"Procedure expects parameter '{name}' of type 'ntext/nchar/nvarchar'.", 214, 16, 2 + place
            )
    parameters = parse_parameters(str(declared or ""))
    own = ObjectName("sys", "sp_executesql")
    frame = Frame(_bind(session, own, parameters, arguments[2:]))
    yield from _run_text(session, str(code or ""), frame)
    _return_outputs(session, parameters, arguments[2:], frame)


def _run_for_driver(
    session: Session, name: ObjectName, arguments: Sequence[st.Argument], declared: str, code: str
) -> Iterator[Result]:
    """A procedure whose parameters are NULL where they are not given."""
    parameters = parse_parameters(declared)
    given = _given(session, name, parameters, arguments)
    values = {parameter.name: given.get(parameter.name, (None, parameter.type)) for parameter in parameters}
    yield from session.run_within(Frame(values, procedure=name.name), parse_batch(code))


def _add_member(session: Session, arguments: Sequence[st.Argument], add: bool) -> Iterator[Result]:
    """sp_addrolemember and sp_droprolemember: what ALTER ROLE does, in its older form."""
    parameters = [ddl.Parameter("@rolename", SYSNAME), ddl.Parameter("@membername", SYSNAME)]
    own = ObjectName("sys", "sp_addrolemember" if add else "sp_droprolemember")
    given = _bind(session, own, parameters, arguments)
    role, member = (str(given[parameter.name][0]) for parameter in parameters)
    run_alter_role(session, ddl.AlterRole(role, member, add))
    yield Result()


SYSNAME = SqlType("nvarchar", 128)

SYSTEM_PROCEDURES: Mapping[str, Callable[[Session, Sequence[st.Argument]], Iterator[Result]]] = {
    "sp_executesql": _run_sql,
    "sp_addrolemember": lambda session, arguments: _add_member(session, arguments, add=True),
    "sp_droprolemember": lambda session, arguments: _add_member(session, arguments, add=False),
}
"""Procedures that every database has, in `sys`, beside those for drivers; a name without a schema finds them too."""
