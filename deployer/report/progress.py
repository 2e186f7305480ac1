"""A bar on stderr for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

Thing = TypeVar("Thing")
Batch = TypeVar("Batch", bound=Mapping[str, Any])

_PATIENCE = 1.0
"""Seconds without a bar: what is over sooner needs none."""


def track_rows(batches: Iterable[Batch], purpose: str, total: int | None = None) -> Iterator[Batch]:
    """The same batches, with a count of their rows on stderr once a second has passed and stderr is a terminal."""
    return track(batches, purpose, total, lambda batch: len(next(iter(batch.values()), ())))


def track(
    things: Iterable[Thing], purpose: str, total: int | None = None, size: Callable[[Thing], int] = lambda _: 1
) -> Iterator[Thing]:
    """The same things, with a count of them; `size` is what each counts for."""
    if not sys.stderr.isatty():
        yield from things
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    started, done = time.monotonic(), 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(purpose, total=total, visible=False)
        for thing in things:
            done += size(thing)
            progress.update(task, completed=done, visible=time.monotonic() - started > _PATIENCE)
            yield thing
