"""Square item-to-item matrices: kept sparse, stored memory-mapped, summed for a person known by a few items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tools.arrays import mapped

PARTS = ("data", "indices", "indptr")


def fold_in(matrix: sparse.csr_matrix, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
    """(items,) the liked rows added up, the disliked ones taken away; zeros without any."""
    total = np.zeros(matrix.shape[1], dtype=np.float32)
    for rows, sign in ((liked, 1.0), (disliked, -1.0)):
        for row in rows:
            start, end = matrix.indptr[row : row + 2]
            total[matrix.indices[start:end]] += sign * matrix.data[start:end]
    return total


def strongest(block: NDArray[np.floating], keep: int) -> sparse.csr_matrix:
    """Each row's `keep` entries largest in size (all that tie with the last); zeros are not stored."""
    size = np.abs(block)
    if block.shape[1] > keep:
        cut = np.partition(size, -keep, axis=1)[:, -keep][:, None]
        block = np.where(size >= cut, block, 0.0)
    return sparse.csr_matrix(block, dtype=np.float32)


def save_rows(matrix: sparse.csr_matrix, folder: Path) -> None:
    """Write a square matrix under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        np.save(folder / f"{name}.npy", getattr(matrix, name))


def load_rows(folder: Path) -> sparse.csr_matrix:
    """Open a matrix that `save_rows` wrote, memory-mapped."""
    data, indices, indptr = (mapped(folder / f"{n}.npy") for n in PARTS)
    size = len(indptr) - 1
    matrix = sparse.csr_matrix((size, size), dtype=np.float32)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    return matrix
