"""The HTTP door in several processes: a parent that starts workers, starts them anew, and ends with them."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import tempfile
import threading

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from agent.settings import Settings
from api.app import from_environment
from api.serving import options
from core.errors import OperatorMustFix

COUNTED = "PROMETHEUS_MULTIPROC_DIR"


def run_many(settings: Settings, host: str, port: int, workers: int, *, keyed: bool) -> None:
    """Serve in several processes, each built from the environment; their counts are kept together.

    Raises OperatorMustFix where they cannot begin.
    """
    chosen = {"TASTEMAKER_SERVE_AUTH": "keys" if keyed else "off", "TASTEMAKER_SERVE_WORKERS": str(workers)}
    os.environ.update(chosen)
    with tempfile.TemporaryDirectory(prefix="tastemaker-counts-") as folder:
        os.environ.setdefault(COUNTED, folder)
        config = uvicorn.Config(
            "api.workers:worker", factory=True, host=host, port=port, workers=workers, **options(settings)
        )
        supervisor = Multiprocess(config, [config.bind_socket()])
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise OperatorMustFix("The server's processes could not begin.", "What they said stands above.")


def worker() -> FastAPI:
    """The application of one worker; the process ends with what is wrong where it cannot be built."""
    _stop_with_parent()
    try:
        return from_environment()
    except OperatorMustFix as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(STARTUP_FAILURE)


def _stop_with_parent() -> None:
    """Stop when the process that started this one is gone, killed perhaps: nobody else would stop it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
