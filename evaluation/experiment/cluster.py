"""Parts of an experiment on a Ray cluster: the executor that `running` hands them to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import OperatorMustFix

LOCAL = "local"
ROOT = Path(__file__).resolve().parents[2]


class RayExecutor(Executor):
    """Submits calls as Ray tasks. Workers must see this checkout and the run's folders under the same paths."""

    def __init__(self, address: str, single: Sequence[str]) -> None:
        """`address` of the cluster, or "local" for one of this machine; `single` are variables set to 1 in workers.

        Raises OperatorMustFix when Ray is not installed or nobody answers at the address.
        """
        try:
            import ray
        except ImportError as missing:
            raise OperatorMustFix(
                "Ray is not installed.", "Run `pip install -c constraints.txt 'ray'` in the environment."
            ) from missing
        self.ray = ray
        told = {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))}
        environment = {"env_vars": {**dict.fromkeys(single, "1"), **told}}
        try:
            ray.init(
                address=None if address == LOCAL else address,
                runtime_env=environment,
                include_dashboard=False,
                log_to_driver=False,
                ignore_reinit_error=True,
            )
        except (ConnectionError, ValueError, RuntimeError) as wrong:
            raise OperatorMustFix(
                f"No Ray cluster answers at {address!r}: {wrong}",
                "Start one with `ray start --head`, or use --ray local.",
            ) from wrong

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 (as its base)
        """The call as a task of the cluster."""
        found: Future[Any] = self.ray.remote(fn).options(num_cpus=1).remote(*args, **kwargs).future()
        return found

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Leave the cluster; tasks not begun are dropped."""
        self.ray.shutdown()
        return None
