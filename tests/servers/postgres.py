"""A real PostgreSQL server on a temporary cluster, for as long as a test needs it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binaries() -> Path | None:
    """The folder of the newest server programs on this machine, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _account() -> str | None:
    """The server refuses to run as root: an account to run it as, None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def postgres_server(folder: Path, *, fsync: bool = False) -> Iterator[str]:
    """Start a server with its programs in `folder`; yields the URL of an empty database.

    `fsync`: whether it waits for the disk, as it does by default where nobody says otherwise.
    """
    home = Path(tempfile.mkdtemp(prefix="tastemaker-pg-"))
    account = _account()
    if account:
        shutil.chown(home, account)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(home)}

    def call(program: str, *args: str) -> None:
        done = subprocess.run(
            [folder / program, *args], user=account, env=env, cwd=home, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout[-500:]} {done.stderr[-500:]}")

    data = str(home / "data")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
    options += "" if fsync else " -c fsync=off"
    try:
        call("initdb", "-D", data, "-U", "tastemaker", "--auth=trust", "-E", "UTF8")
        call("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://tastemaker@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def postgres_or_skip() -> Iterator[str]:
    """URL of an empty database, for tests; skips them where there can be none."""
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    folder = binaries()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed on this machine")
    with postgres_server(folder) as url:
        yield url
