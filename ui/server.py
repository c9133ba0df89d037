"""The page's server: a Streamlit process of our own, started, waited for and stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from core.errors import OperatorMustFix, UserMustFix
from ui.checking import port_free

PAGE = Path(__file__).parent / "page" / "app.py"
ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 (told apart from a name, never bound here)
TRIES = 50
PATIENCE_S = 60.0
THEME = {
    "theme.font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
    "theme.headingFont": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
    "theme.baseRadius": "10px",
    "theme.light.primaryColor": "#0f6b5c",
    "theme.light.backgroundColor": "#fbfaf8",
    "theme.light.secondaryBackgroundColor": "#f1efe9",
    "theme.light.textColor": "#22252a",
    "theme.dark.primaryColor": "#56b8a4",
    "theme.dark.backgroundColor": "#15181b",
    "theme.dark.secondaryBackgroundColor": "#1f2327",
    "theme.dark.textColor": "#e8e6e1",
}
FLAGS: dict[str, str | bool] = {
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "logger.level": "warning",
    **THEME,
}
"""Options of Streamlit, wherever the page runs."""


def free_port(host: str, wanted: int) -> int:
    """The port wanted, or the next free one; raises UserMustFix when none of the next fifty is free."""
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if port_free(host, port):
            return port
    raise UserMustFix(f"No port from {wanted} to {wanted + TRIES - 1} is free on {host}.", "Name another with --port.")


def command(host: str, port: int) -> list[str]:
    """The command line of the server."""
    at = {"server.headless": "true", "server.address": host, "server.port": str(port)}
    told = {name: str(value).lower() if isinstance(value, bool) else value for name, value in FLAGS.items()}
    flags = at | told
    return [sys.executable, "-m", "streamlit", "run", str(PAGE), *(p for k, v in flags.items() for p in (f"--{k}", v))]


@contextmanager
def serving(host: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server while it runs; raises OperatorMustFix when it does not come up."""
    process = subprocess.Popen(command(host, port), stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        _await(process, address("127.0.0.1" if host in ANYWHERE else host, port))
        yield process
    finally:
        signal.signal(signal.SIGTERM, before)
        stop(process)


def address(host: str, port: int) -> str:
    """The URL of the page."""
    shown = "localhost" if host in ANYWHERE | {"127.0.0.1"} else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: politely, then for good."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise OperatorMustFix(
                f"The page's server ended at once (exit code {process.returncode}).", "Its own words stand above."
            )
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):  # noqa: S310 (our own http address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise OperatorMustFix(f"The page's server did not answer within {PATIENCE_S:.0f} s.", "Try again, or --port.")


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
