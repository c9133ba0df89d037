"""How much the items of a history weigh: the latest most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def recency(length: int, decay: float, floor: float = 0.0) -> NDArray[np.float32]:
    """(length,) floor + (1 - floor) * decay ** age, the earliest item first and the latest, of age 0, weighing 1."""
    ages = np.arange(length - 1, -1, -1)
    return np.asarray(floor + (1.0 - floor) * decay**ages, dtype=np.float32)
