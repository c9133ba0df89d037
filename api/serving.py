"""Running the HTTP door: who may connect, what several processes may share, and the server itself."""

from __future__ import annotations

import ipaddress
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from filelock import FileLock, Timeout
from starlette.types import ASGIApp

from agent.build import Tastemaker
from agent.settings import Settings
from core.errors import OperatorMustFix
from tools.retrieval.vector_index import EXACT_UP_TO

COUNTED = "PROMETHEUS_MULTIPROC_DIR"


def keyed_for(tastemaker: Tastemaker, host: str) -> bool:
    """Whether keys are asked for at this address; raises OperatorMustFix where that would leave a door open or shut."""
    auth, here = tastemaker.settings.serve_auth, loopback(host)
    if auth == "off" and not here:
        raise OperatorMustFix(
            f"Without API keys the server may listen on this machine alone, not on {host}.",
            "Leave TASTEMAKER_SERVE_AUTH=off out and make a key: tastemaker keys add NAME",
        )
    keyed = auth == "keys" or not here or (auth == "auto" and any_key(tastemaker))
    if keyed and not any_key(tastemaker):
        raise OperatorMustFix("API keys are asked for, and there is none yet.", "Make one: tastemaker keys add NAME")
    return keyed


def any_key(tastemaker: Tastemaker) -> bool:
    """Whether a key is in use."""
    return any(key.revoked_at is None for key in tastemaker.store.keys.all())


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
def alone(settings: Settings) -> Iterator[None]:
    """Hold the embedded store for this server; raises OperatorMustFix where another server holds it."""
    if not embedded_store(settings):
        yield
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.home / "serve.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OperatorMustFix(
            f"Another server uses the conversations in {settings.home}.",
            "Stop it, or let both use TASTEMAKER_DATABASE_URL=postgresql://… (and TASTEMAKER_CHROMA_URL).",
        ) from None
    try:
        yield
    finally:
        lock.release()


def run_one(app: ASGIApp, settings: Settings, host: str, port: int) -> None:
    """Serve in this process until told to stop."""
    uvicorn.Server(uvicorn.Config(app, host=host, port=port, **_options(settings))).run()


def run_many(settings: Settings, host: str, port: int, workers: int, *, keyed: bool) -> None:
    """Serve in several processes, each built from the environment; their counts are kept together."""
    chosen = {"TASTEMAKER_SERVE_AUTH": "keys" if keyed else "off", "TASTEMAKER_SERVE_WORKERS": str(workers)}
    os.environ.update(chosen)
    with tempfile.TemporaryDirectory(prefix="tastemaker-counts-") as folder:
        os.environ.setdefault(COUNTED, folder)
        uvicorn.run(
            "api.app:from_environment", factory=True, host=host, port=port, workers=workers, **_options(settings)
        )


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": round(settings.serve_stop_s) or None,
        "h11_max_incomplete_event_size": 64 * 1024,
    }
