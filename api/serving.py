"""Running the HTTP door: who may connect, what several processes may share, and the server in one process."""

from __future__ import annotations

import ipaddress
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from filelock import FileLock, Timeout
from starlette.types import ASGIApp

from agent.build import Tastemaker
from agent.settings import Settings
from api.connections import Connection
from core.errors import OperatorMustFix
from tools.retrieval.vector_index import EXACT_UP_TO


def keyed_for(tastemaker: Tastemaker, host: str) -> bool:
    """Whether keys are asked for at this address; raises OperatorMustFix where that would leave a door open or shut."""
    auth, here = tastemaker.settings.serve_auth, loopback(host)
    if auth == "off" and not here:
        raise OperatorMustFix(
            f"Without API keys the server may listen on this machine alone, not on {host}.",
            "Leave TASTEMAKER_SERVE_AUTH=off out and make a key: tastemaker keys add NAME",
        )
    if auth == "off":
        return False
    made = tastemaker.store.keys.all()
    keyed = auth == "keys" or not here or (auth == "auto" and bool(made))  # who closed the last key wants no open door
    if keyed and not any(key.revoked_at is None for key in made):
        raise OperatorMustFix("API keys are asked for, and none is in use.", "Make one: tastemaker keys add NAME")
    return keyed


def loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_shared(tastemaker: Tastemaker, workers: int) -> None:
    """Raises OperatorMustFix where several processes would share what only one may use."""
    settings = tastemaker.settings
    if workers == 1:
        return
    if embedded_store(settings):
        raise OperatorMustFix(
            f"{workers} server processes cannot share conversations in SQLite.",
            "Set TASTEMAKER_DATABASE_URL=postgresql://…, or start one worker.",
        )
    if embedded_vectors(tastemaker):
        raise OperatorMustFix(
            f"{workers} server processes cannot share Chroma's files.",
            "Start `chroma run` and set TASTEMAKER_CHROMA_URL=http://…, or start one worker.",
        )


def embedded_store(settings: Settings) -> bool:
    """Whether conversations are kept in a file."""
    return settings.store_url.startswith("sqlite")


def embedded_vectors(tastemaker: Tastemaker) -> bool:
    """Whether a catalogue's vectors are searched in Chroma's files."""
    settings = tastemaker.settings
    if settings.chroma_url or settings.vector_index == "exact":
        return False
    return settings.vector_index == "chroma" or any(c.items > EXACT_UP_TO for c in tastemaker.catalogs())


@contextmanager
def alone(tastemaker: Tastemaker) -> Iterator[None]:
    """Hold what is kept in files for this server; raises OperatorMustFix where another server holds it."""
    settings = tastemaker.settings
    if not embedded_store(settings) and not embedded_vectors(tastemaker):
        yield
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.home / "serve.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OperatorMustFix(
            f"Another server uses the files in {settings.home}.",
            "Stop it, or let both use TASTEMAKER_DATABASE_URL=postgresql://… (and TASTEMAKER_CHROMA_URL).",
        ) from None
    try:
        yield
    finally:
        lock.release()


def run_one(app: ASGIApp, settings: Settings, host: str, port: int) -> None:
    """Serve in this process until told to stop, which is no failure: SIGTERM ends it with exit code 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises the signal again when all is answered
    uvicorn.Server(uvicorn.Config(app, host=host, port=port, **options(settings))).run()


def options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told, for one process as for several."""
    return {
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": math.ceil(settings.serve_stop_s),
        "timeout_worker_healthcheck": 60,  # a worker that reads its catalogues on a busy machine is not hung
        "http": partial(Connection, within=settings.serve_body_s),
    }
