"""The same five-turn conversation gives the same turns through every door, on films and on books."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.build import Tastemaker
from core.events import TurnDone
from core.turn import Turn
from tests.scripts import SCRIPTS

LEFT_OUT = {"conversation", "usage", "trace"}


def timeless(turn: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in turn.items() if k not in LEFT_OUT}


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_doors_agree(catalog: str, demo: Tastemaker, demo_home: Path) -> None:
    direct, streamed, asked = demo.start(catalog).id, demo.start(catalog).id, None
    for message in SCRIPTS[catalog]:
        turn = demo.respond(direct, message)
        again = [e.turn for e in demo.stream(streamed, message) if isinstance(e, TurnDone)][0]
        assert turn.same_as(again)
        assert isinstance(turn, Turn)
        command = [str(Path(sys.executable).parent / "tastemaker"), "ask", message, "--json", "--catalog", catalog]
        command += ["--conversation", asked] if asked else []
        environment = os.environ | {"TASTEMAKER_HOME": str(demo_home)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        printed = json.loads(done.stdout)
        asked = printed["conversation"]
        assert timeless(printed) == timeless(json.loads(json.dumps(turn.public())))
