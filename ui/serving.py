"""Opening the program for a server: its port, the demo catalogues, who may connect, and the files it holds alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserMustFix

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from agent.settings import Settings


@contextmanager
def opened_to_serve(settings: Settings, host: str, port: int) -> Iterator[tuple[Tastemaker, bool]]:
    """Everything built, and whether keys are asked for; raises UserMustFix or OperatorMustFix before it listens."""
    from agent.build import build
    from api.serving import alone, check_shared, keyed_for
    from ui.checking import port_free
    from ui.opening import prepare_demos, progress_shown

    if not port_free(host, port):
        raise UserMustFix(f"The port {port} is taken on {host}.", "Name another with --port.")
    with progress_shown() as progress:
        prepare_demos(settings, progress)
    tastemaker = build(settings)
    try:
        keyed = keyed_for(tastemaker, host)
        check_shared(tastemaker, settings.serve_workers)
        with alone(tastemaker):
            yield tastemaker, keyed
    finally:
        tastemaker.close()
