"""Vectors of a version being built: embedded in batches, those known from earlier builds taken from the cache."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.protocols import Embedder
from ingest.progress import Progress
from tools.embedding.cache import EmbeddingCache

BATCH = 1024
"""Texts at a time; sorted by length inside a batch, and kept in the cache when the batch is done."""


@dataclass(frozen=True)
class Embedded:
    """Vectors on disk, and where they came from."""

    vectors: NDArray[np.float32]
    """(rows, dim), memory-mapped"""
    embedded: int
    reused: int


def embed_lines(
    embedder: Embedder, cache_file: Path, texts: Iterable[str], file: Path, total: int, progress: Progress
) -> Embedded:
    """Embed `total` texts into a .npy file. What is embedded stays in the cache even when the process is killed."""
    out = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(total, embedder.dim))
    done = computed = 0
    cheap = getattr(embedder, "cheap", False)
    with contextlib.ExitStack() as stack:
        cache = None if cheap else stack.enter_context(contextlib.closing(EmbeddingCache(cache_file)))
        for batch in _batches(texts):
            vectors, fresh = cache.embed(embedder, batch) if cache else (embedder.embed(batch), len(batch))
            out[done : done + len(batch)] = vectors
            computed += fresh
            done += len(batch)
            release(out)
            progress("embedding", done, total)
    out.flush()
    return Embedded(out, computed, done - computed)


def release(vectors: NDArray[np.float32]) -> None:
    """Hand the memory of an array mapped from a file back to the system; its values are read again when needed."""
    mapped: object = vectors.base
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
