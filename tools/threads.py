"""Threads of numerical libraries: how many there are is settled by the environment when they are loaded."""

from __future__ import annotations

import os

SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that keep numerical libraries to one thread: processes share the cores, and sums keep their order."""


def one_thread_each() -> None:
    """Keep numerical libraries that are not yet loaded to one thread, where the environment says nothing else.

    For a server, which answers many at once: the threads of a library wait for its small products by spinning, on
    the cores that other turns need.
    """
    for name in SINGLE:
        os.environ.setdefault(name, "1")
