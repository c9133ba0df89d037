"""How honest the simulated people of a run were: each dialogue examined, and the rates kept beside the run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.room import Room
from evaluation.clues import Clues
from evaluation.experiment.episodes import Episode
from evaluation.experiment.playing import Opened
from evaluation.honesty import Hearing, honesty_figures, honesty_measures

HONESTY = "honesty.json"


def examined(episodes: Sequence[Episode], run: Opened, room: Room) -> list[Episode]:
    """The episodes with leak, contradiction and early_accept among their measures."""
    clues, hearing = Clues(run.catalog), Hearing(room.planner, room.linker)
    members = {m.id: m for m in run.members}
    found = []
    for episode in episodes:
        told = honesty_measures(episode, members[episode.member], clues, hearing)
        found.append(episode.model_copy(update={"measures": {**episode.measures, **told}}))
    return found


def write_honesty(folder: Path, episodes: Sequence[Episode], control: dict[str, Any]) -> Path:
    """The rates by kind of user and system, and the shuffled control's figures, as honesty.json in the run's folder."""
    rates = {
        f"{user}/{system}/{name}": figure.model_dump()
        for (user, system), figures in honesty_figures(episodes).items()
        for name, figure in figures.items()
    }
    file = folder / HONESTY
    draft = file.with_name(f"{HONESTY}.partial")
    draft.write_text(json.dumps({"metrics": rates, "control": control}, indent=1) + "\n", encoding="utf-8")
    draft.replace(file)
    return file
