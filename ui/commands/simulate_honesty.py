"""The tables of `simulate honesty`, and the figures behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from agent.settings import load_settings
from core.errors import BadInput
from evaluation.experiment.honest import examined, write_honesty
from evaluation.experiment.playing import opened
from evaluation.experiment.reading import open_run
from evaluation.honesty import honesty_metrics, honesty_table
from evaluation.language import language_metrics, language_of_episodes, language_of_redial, language_table
from evaluation.shuffled import compare_with_shuffled, control_figures, control_table


def told(folder: Path, control: Path | None, redial: Path | None) -> dict[str, Any]:
    """Print the tables and return their figures; honesty.json in the folder holds those that the report shows."""
    home = load_settings().home
    run, console = opened(folder, home), Console()
    listening = next((s for s in run.design.systems if not s.baseline), None)
    if listening is None:
        raise BadInput(f"No system of {folder} understands what people say.", "Add rules to the run's systems.")
    room = run.tastemaker(listening).room(run.design.catalog)
    held = open_run(folder).episodes
    episodes = examined(held, run, room)
    console.print(honesty_table(episodes))
    figures = honesty_metrics(episodes)
    shuffled: dict[str, Any] = {}
    if control is not None:
        controls = compare_with_shuffled(held, open_run(control).episodes)
        console.print(control_table(controls))
        shuffled = control_figures(controls)
        figures["metrics"] |= {f"control/{name}": figure for name, figure in shuffled.items()}
    if redial is not None:
        real = language_of_redial(redial, room.planner)
        kinds = dict.fromkeys(e.user for e in held)
        spoken = {kind: [e for e in held if e.user == kind and e.system == listening.name] for kind in kinds}
        others = {str(kind): language_of_episodes(said, room.planner) for kind, said in spoken.items()}
        console.print(language_table(real, others))
        figures["metrics"] |= {f"language/{n}": f for n, f in language_metrics(real, others)["metrics"].items()}
    write_honesty(folder, episodes, shuffled)
    return figures
