"""Progress of a run on stderr: done of all, rate and remaining time; a line now and then where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

SECONDS_BETWEEN_LINES = 10.0


class Advance(Protocol):
    """Called after each dialogue, or after several."""

    def __call__(self, done: int = 1) -> None:
        """So many more are done."""
        ...


@contextmanager
def advancing(what: str, total: int) -> Iterator[Advance]:
    """Shows progress while the block runs."""
    if not sys.stderr.isatty():
        yield _Lines(what, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, rate="")

        def advance(done: int = 1) -> None:
            bar.advance(task, done)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:.1f}/s" if speed else "")

        yield advance


class _Lines:
    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.began = self.told = time.monotonic()

    def __call__(self, done: int = 1) -> None:
        self.done += done
        now = time.monotonic()
        if not self.done:
            return
        if self.done < self.total and now - self.told < SECONDS_BETWEEN_LINES:
            return
        self.told = now
        rate = self.done / max(now - self.began, 1e-9)
        left = (self.total - self.done) / rate
        sys.stderr.write(f"{self.what}: {self.done} of {self.total}, {rate:.1f}/s, {left:.0f} s left\n")
        sys.stderr.flush()
