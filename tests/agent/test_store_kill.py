"""A process killed while it stores turns (kill -9, seeded): see benchmarks/kill_turn.py for what is promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill_turn.py"


def test_no_acknowledged_turn_is_lost_doubled_or_half_there() -> None:
    kills = os.environ.get("TASTEMAKER_TEST_KILLS", "4")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--kills", kills, "--seed", "11"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["broken"] == []
    assert report["turns"] > 0
