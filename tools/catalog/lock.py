"""One writer of a catalogue at a time; the operating system frees the lock of a process that was killed."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from core.errors import BadInput


@contextlib.contextmanager
def locked(folder: Path, busy: str = "") -> Iterator[None]:
    """Hold the lock of a catalogue's folder (made when missing); raises BadInput when another process holds it.

    `busy` is what is said then; left out, that the catalogue is being imported.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                busy or f"Catalogue {folder.name!r} is being imported by another process.", "Wait for it to end."
            ) from None
        yield
