"""A real Chroma server on a folder of its own, for as long as a test needs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.serving import free_port


@contextmanager
def chroma_server() -> Iterator[str]:
    """Start `chroma run`; yields its URL when it answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="tastemaker-chroma-") as folder:
        command = [str(Path(sys.executable).parent / "chroma"), "run", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--path", f"{folder}/data"],
            cwd=folder,
            env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, f"{url}/api/v2/heartbeat")
            yield url
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], heartbeat: str) -> None:
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(heartbeat, timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"`chroma run` does not answer; it ended with {process.poll()}")
