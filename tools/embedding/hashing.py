"""A model-free embedder: signed hashing of stems and their letter trigrams, for tests and very large imports."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.text import terms


class HashingEmbedder:
    """Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009; rows of unit length."""

    cheap = True
    """Computing a vector costs less than looking it up, so none is cached."""

    def __init__(self, dim: int = 256) -> None:
        self.dim = dim
        self.key = f"hashing-{dim}-v1"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dim) float32 unit rows; a text without words is the first axis."""
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for term in terms(text):
                self._add(out[row], term, 1.0)
                for start in range(len(term) - 2):
                    self._add(out[row], "#" + term[start : start + 3], 0.3)
            if not out[row].any():
                out[row, 0] = 1.0
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), dtype=np.float32)

    def _add(self, row: NDArray[np.float32], feature: str, weight: float) -> None:
        code = zlib.crc32(feature.encode())
        row[code % self.dim] += weight if code & 0x80000000 else -weight
