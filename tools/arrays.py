"""Arrays on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(file: Path) -> NDArray[Any]:
    """An array that was saved with `numpy.save`, memory-mapped; as a plain array, which is quicker to index."""
    return np.asarray(np.load(file, mmap_mode="r"))
