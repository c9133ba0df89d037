"""Set up the environment: check this machine, create .venv, install the pinned dependencies. Standard library only.

python3 scripts/install.py            everything, with what tests and checks need
python3 scripts/install.py --app      only what running needs
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
CONSTRAINTS = ROOT / "constraints.txt"
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
NEEDED_GIB = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--app", action="store_true", help="leave out what only tests and checks need")
    args = parser.parse_args()
    extras = "" if args.app else "[dev]"
    if up_to_date(extras):
        return 0
    problem = missing()
    if problem:
        print(f"error: {problem}", file=sys.stderr)
        return 3
    started = time.monotonic()
    if not PYTHON.exists():
        step("creating .venv")
        run(sys.executable, "-m", "venv", str(VENV))
    step("installing the installer (uv)")
    run(str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv", "-c", str(CONSTRAINTS))
    step("installing PyTorch (processor build)")
    run(
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        *torch_source(),
        "torch",
        "-c",
        str(CONSTRAINTS),
    )
    step("installing everything else")
    run(
        *(str(VENV / "bin" / "uv"), "pip", "install", "-q", "--python", str(PYTHON)),
        *("--compile-bytecode", "-c", str(CONSTRAINTS), "-e", f"{ROOT}{extras}"),
    )
    STAMP.write_text(stamp(extras))
    step(f"done in {time.monotonic() - started:.0f} s")
    return 0


def missing() -> str:
    """What this machine lacks, with the way to mend it; empty when nothing."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this file must run to say so)
        found = ".".join(map(str, sys.version_info[:3]))
        return f"Python 3.11 or newer is needed, this is {found}. Install it and run `make PYTHON=python3.11 install`."
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "this Python cannot make virtual environments. On Debian: apt-get install python3-venv."
    free = shutil.disk_usage(ROOT).free / 2**30
    if free < NEEDED_GIB and not STAMP.exists():
        return f"{NEEDED_GIB} GiB of disk are needed for the environment, {free:.1f} GiB are free in {ROOT}."
    return ""


def torch_source() -> list[str]:
    """Where to find the small processor build of PyTorch: pip's own settings, else its wheel index when in reach."""
    if os.environ.get("PIP_FIND_LINKS") or os.environ.get("PIP_NO_INDEX") or sys.platform != "linux":
        return []
    try:
        with urllib.request.urlopen(CPU_WHEELS, timeout=5):
            return ["--extra-index-url", CPU_WHEELS]
    except (urllib.error.URLError, OSError, ValueError):
        return []


def up_to_date(extras: str) -> bool:
    """Whether the environment was made from the files as they are now."""
    if not STAMP.exists() or not PYTHON.exists():
        return False
    return STAMP.read_text() in {stamp(extras), stamp("[dev]")}


def stamp(extras: str) -> str:
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {extras}"


def step(text: str) -> None:
    print(f"==> {text}", flush=True)


def run(*command: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        print(f"error: this step failed: {' '.join(command)}", file=sys.stderr)
        print(
            "Is a package index in reach? pip's settings (PIP_INDEX_URL, PIP_FIND_LINKS) are used as they are.",
            file=sys.stderr,
        )
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
