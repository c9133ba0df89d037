"""Arrays: on disk, and their quantiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(file: Path) -> NDArray[Any]:
    """An array that was saved with `numpy.save`, memory-mapped; as a plain array, which is quicker to index."""
    return np.asarray(np.load(file, mmap_mode="r"))


def quantiles(values: NDArray[np.floating], *shares: float) -> list[float]:
    """The values below which each share (0..1) of the values lies, interpolated linearly; NaN when there are none.

    What `numpy.quantile` gives, without what it costs for small arrays.
    """
    last = len(values) - 1
    if last < 0:
        return [float("nan")] * len(shares)
    lows = [int(share * last) for share in shares]
    held = np.partition(values, sorted({p for low in lows for p in (low, min(low + 1, last))}))
    found = []
    for low, share in zip(lows, shares, strict=True):
        below, above = float(held[low]), float(held[min(low + 1, last)])
        found.append(below + (above - below) * (share * last - low))
    return found
