"""What tests share: the demo catalogues, built once a run into a folder of their own; no test reaches the network."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from agent.build import Tastemaker, build
from agent.settings import load_settings
from ingest.demo import prepare_demo
from tools.tagging.export import ensure_graph

for name in [
    n
    for n in os.environ
    if n.startswith(("OPENAI_", "TASTEMAKER_"))
    and not n.startswith("TASTEMAKER_TEST")
    and n not in {"TASTEMAKER_MOVIELENS_SMALL", "TASTEMAKER_MOVIE_METADATA", "TASTEMAKER_UPDATE_SNAPSHOTS"}
]:
    del os.environ[name]
os.environ["HF_HUB_OFFLINE"] = "1"
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # nothing fails because a machine is slow
os.environ["TASTEMAKER_PERSON"] = "guest"  # what one test says of a person is not for the next


@pytest.fixture(scope="session", autouse=True)
def heed_ctrl_c() -> None:
    """A shell that runs the tests in the background lets them, and what they start, ignore the signal; undo that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A home folder with both demo catalogues, shared by workers; TASTEMAKER_TEST_HOME keeps it between runs."""
    root = tmp_path_factory.getbasetemp()
    kept = os.environ.get("TASTEMAKER_TEST_HOME")
    home = Path(kept) if kept else (root if worker_id == "master" else root.parent) / "demo-home"
    with FileLock(f"{home}.lock"):
        prepare_demo(home)
        ensure_graph(home / "models")
    return home


@pytest.fixture(scope="session")
def demo(demo_home: Path) -> Iterator[Tastemaker]:
    """The whole program over the demo catalogues, rules only."""
    app = build(load_settings(home=demo_home, controller="rules"))
    yield app
    app.close()
