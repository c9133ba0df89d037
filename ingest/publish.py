"""Making a finished version live: synced to disk, renamed, and switched to by replacing one small file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tools.digests import digest_of

POINTER = "current"


def sweep(folder: Path, live: str | None) -> None:
    """Remove what interrupted imports left in a catalogue's folder; the lock must be held."""
    for stale in (folder / "versions").glob("*.partial"):
        shutil.rmtree(stale, ignore_errors=True)
    for stale in folder.glob(f"{POINTER}.draft*"):
        stale.unlink(missing_ok=True)
    if live is None:
        for orphan in (folder / "versions").glob("*"):
            shutil.rmtree(orphan, ignore_errors=True)


def digests(draft: Path) -> dict[str, str]:
    """SHA-256 of every file of a version, by path inside it."""
    files = sorted(p for p in draft.rglob("*") if p.is_file())
    return {p.relative_to(draft).as_posix(): digest_of(p) for p in files}


def publish(draft: Path, final: Path) -> None:
    """Sync everything, rename the draft, point `current` at it; a kill at any moment leaves the old version."""
    for path in draft.rglob("*"):
        _sync(path)
    _sync(draft)
    draft.rename(final)
    _sync(final.parent)
    switch(final.parent.parent, final.name)


def switch(folder: Path, build: str) -> None:
    """Point a catalogue's `current` at a version that is on disk, in one step."""
    pointer = folder / POINTER
    fresh = pointer.with_name(f"{POINTER}.draft{os.getpid()}")
    fresh.write_text(build, encoding="utf-8")
    _sync(fresh)
    fresh.replace(pointer)
    _sync(pointer.parent)


def retire(versions: Path, keep: set[str]) -> None:
    """Remove the versions that nobody serves any more."""
    for old in versions.iterdir():
        if old.name not in keep:
            shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
