"""Memory of a build stays with what is being worked on: mapped files are handed back, and the benchmark can see it."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from benchmarks.import_memory import measure
from ingest.vectors import embed_lines, release
from tools.embedding.hashing import HashingEmbedder


def test_vectors_handed_back_are_still_there(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npy"
    vectors = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(5000, 8))
    vectors[:] = np.arange(5000, dtype=np.float32)[:, None]
    release(vectors)
    vectors[7] = -1
    release(vectors)
    assert vectors[:, 0].tolist() == [*range(7), -1, *range(8, 5000)]
    assert np.load(file)[7].tolist() == [-1] * 8
    release(np.zeros((2, 2), dtype=np.float32))  # not mapped: nothing to hand back


def test_batches_are_all_written(tmp_path: Path) -> None:
    embedder, texts = HashingEmbedder(16), [f"word{n}" for n in range(2100)]
    done = embed_lines(embedder, tmp_path / "e.db", texts, tmp_path / "v.npy", len(texts), lambda *_: None)
    np.testing.assert_array_equal(done.vectors, embedder.embed(texts))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_benchmark_imports_and_tells_figures(tmp_path: Path, kind: str) -> None:
    args = argparse.Namespace(items=150, kind=kind, embedder="hashing:16", no_chroma=True, seed=1)
    result = measure(tmp_path, args)
    assert result["items"] == 150
    assert 0 < float(str(result["peak_gib"])) < 4
