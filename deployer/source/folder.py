"""Files of a model's folder, and no others: whatever a path in a model says, it does not lead out of the folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deployer.errors import SourceError
from deployer.names import shorten

MODEL_BYTES = 2**31 - 1
"""Largest model: protobuf serializes no message of 2 GiB or more (protobuf.dev: proto limits)."""

_LISTED = 12
"""Files named in a message."""


class Folder(Protocol):
    """A model's files by their paths within the folder, `/` between the parts."""

    @property
    def where(self) -> str:
        """The folder's address for messages, without credentials."""

    def fetch(self, path: str) -> Path:
        """The local file of that path; `SourceError` where there is none, or where the path leaves the folder."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a model lies, and what is known of it before it is read."""

    folder: Folder
    name: str
    version: int = 1
    file: str = ""
    """The model's file; empty where MLmodel says it."""
    run_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder of this machine. Links are followed as long as they stay inside."""

    root: Path
    where: str

    def fetch(self, path: str) -> Path:
        file = self._find(path)
        if not file.is_file():
            raise SourceError(f"{path!r} in {self.where} is not a file", hint="name a file that holds bytes")
        return file

    def enter(self, path: str) -> LocalFolder:
        """The folder of that path, which its own files then do not leave."""
        folder = self._find(path)
        if not folder.is_dir():
            raise SourceError(f"{path!r} in {self.where} is not a folder", hint="name the folder that holds MLmodel")
        return LocalFolder(folder, f"{self.where}/{path}")

    def _find(self, path: str) -> Path:
        check_inside(path, self.where)
        root = self.root.resolve()
        try:
            found = (root / path).resolve(strict=True)
        except FileNotFoundError:
            raise no_such_file(path, self.where, self._list()) from None
        except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError up to Python 3.12
            raise SourceError(f"cannot read {shorten(path)} in {self.where}: {error}", hint="check the path") from error
        if not found.is_relative_to(root):
            raise SourceError(
                f"{path!r} in {self.where} is a link that leaves the model's folder",
                hint="put the file itself in its place: cp -rL copies a folder with its links replaced by files",
            )
        return found

    def _list(self) -> list[str]:
        try:
            return [entry.name for entry in self.root.iterdir()]
        except OSError:
            return []


_PATH = re.compile(r"[^\\\0/]+(?:/[^\\\0/]+)*")


def check_inside(path: str, where: str) -> None:
    r"""Refuse a path that is not plainly one of the folder's: absolute, with `..` or `.`, or Windows' `\` or `C:`."""
    parts = path.split("/")
    if not _PATH.fullmatch(path) or ".." in parts or "." in parts or re.match(r"[A-Za-z]:", path):
        raise SourceError(
            f"path {shorten(path)} in {where} does not stay in the model's folder",
            hint="a model names its files by relative paths without '..'; log or save it again",
        )


def no_such_file(path: str, where: str, there: list[str]) -> SourceError:
    """The error that names the files that are there instead."""
    shown = ", ".join(sorted(there)[:_LISTED]) + (f" and {len(there) - _LISTED} more" if len(there) > _LISTED else "")
    return SourceError(
        f"no file {path!r} in {where}; {f'there are {shown}' if there else 'it is empty or not there'}",
        hint="check the address, or save the model again",
    )


def read_bytes(file: Path, limit: int, where: str) -> bytes:
    """A file's bytes; its size is checked before memory is taken for it.

    Raises `SourceError` for a file that is longer than `limit` bytes or cannot be read.
    """
    try:
        size = file.stat().st_size
        if size > limit:
            raise SourceError(f"{where} is {size:,} bytes; at most {limit:,} are read", hint="is it the right file?")
        return file.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {where}: {error.strerror}", hint="check who may read the file") from error
