"""Progress of long work, told to whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""(stage, done, total or None)"""


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress shown to nobody."""
