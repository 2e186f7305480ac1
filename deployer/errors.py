"""Every exception that the package raises on purpose.

    DeployerError
    ├── SourceError      the model cannot be found or read
    ├── ModelError       the bytes are not a model that can be worked with
    ├── TargetError      no such target, or no such limit
    ├── FixError         a fix cannot be made safely, and says why
    ├── SpecError        the spec is not what it should be
    ├── ScriptError      a file is not T-SQL that can be read
    ├── ContractError    a table's columns cannot feed the model's inputs
    ├── PlanError        no statements can be made for this model, spec and target
    ├── CatalogError     the catalog of models does not allow what is asked
    ├── DatabaseError    the database refused, or is not what the plan expects
    │   └── ConflictError  another session came between; the same, run again, may well do
    ├── RuntimeFault     ONNX Runtime cannot load the model or score the rows
    ├── CompareError     two sets of scores cannot be compared
    └── MissingPackage   an optional package is needed and is not installed

Engine errors of the emulator are not here: they are PEP 249's, as a driver's would be (`deployer.emulator.errors`).
"""

from __future__ import annotations

import importlib
from types import ModuleType


class DeployerError(Exception):
    """The job could not be done. `message` says what is wrong (what, value, limit), `hint` what to type or change.

    Lower case, no full stop, values in repr. The command line prints both and exits with 2; anything that is not a
    `DeployerError` is a bug and keeps its traceback.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SourceError(DeployerError):
    """The model cannot be found or read."""


class ModelError(DeployerError):
    """The bytes are not a model that can be worked with."""


class TargetError(DeployerError):
    """No such target, or no such limit."""


class FixError(DeployerError):
    """A fix cannot be made safely, and says why."""


class SpecError(DeployerError):
    """The spec is not what it should be. `line` is the first to blame, counted from 1; 0 where none is."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message, hint)
        self.line = line


class ScriptError(DeployerError):
    """A file is not T-SQL that can be read. `line` is the one to blame, counted from 1; 0 where none is."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message, hint)
        self.line = line


class ContractError(DeployerError):
    """A table's columns cannot feed the model's inputs."""


class PlanError(DeployerError):
    """No statements can be made for this model, spec and target."""


class CatalogError(DeployerError):
    """The catalog of models does not allow what is asked: no such version, or one that is in use."""


class DatabaseError(DeployerError):
    """The database refused, or is not what the plan expects."""


class ConflictError(DatabaseError):
    """Another session came between; the same, run again, may well do."""


class RuntimeFault(DeployerError):
    """ONNX Runtime cannot load the model or score the rows."""


class CompareError(DeployerError):
    """Two sets of scores cannot be compared."""


class MissingPackage(DeployerError):
    """An optional package is needed and is not installed."""


def need(module: str, extra: str) -> ModuleType:
    """Import an optional package where it is used; raise `MissingPackage` with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.partition(".")[0] != error.name.partition(".")[0]:
            raise
        raise MissingPackage(
            f"package {module!r} is not installed", hint=f"pip install 'onnx-sql-deployer[{extra}]'"
        ) from error
