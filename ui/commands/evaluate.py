"""`evaluate`: the agent measured on tasks with known right answers, played by simulated people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInput
from ui.commands import evaluate_lastfm, evaluate_next_item, evaluate_redial, examples

if TYPE_CHECKING:
    from rich.console import Console

    from evaluation.catalogs import Ability
    from evaluation.metrics import Figure
    from evaluation.results import Result
    from evaluation.tasks import Setup
    from simulation.tasks import Task

app = typer.Typer(no_args_is_help=True, help="Measure the agent on tasks, played by simulated people.")
evaluate_lastfm.register(app)
evaluate_redial.register(app)
evaluate_next_item.register(app)


class User(StrEnum):
    """Who plays the person."""

    reveal = "reveal"
    model = "model"


class Without(StrEnum):
    """An ability left out."""

    asking = "asking"
    rejections = "rejections"
    policies = "policies"
    relaxation = "relaxation"


Tasks = Annotated[Path, typer.Option("--tasks", help="Folder of task files (JSON).")]
Trials = Annotated[int, typer.Option(min=1, help="How often each task is played.")]
Who = Annotated[str, typer.Option(help="Who answers: rules, model, or an extension's.")]
By = Annotated[User, typer.Option(help="Who plays the person: a script that reveals its wishes, or a model.")]
Seed = Annotated[int, typer.Option(help="Seed of everything drawn.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N tasks.", show_default=False)]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.", show_default=False)]
Out = Annotated[
    Path | None, typer.Option(help="Folder for results.jsonl and a page for each failure.", show_default=False)
]
Ways = Annotated[bool, typer.Option("--compare-asking", help="Play with every way of asking and compare them.")]
Less = Annotated[Without | None, typer.Option(help="Leave an ability out.", show_default=False)]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; as many as there are CPUs.", show_default=False)]
Turns = Annotated[int, typer.Option("--turns", min=1, help="Most turns of a dialogue.")]
Words = Annotated[str, typer.Option(help="In whose words people speak: first, second, third, or a YAML file.")]
Silent = Annotated[bool, typer.Option("--silent", help="People answer no suspicion; hidden wishes show in rejections.")]
Bare = Annotated[bool, typer.Option("--no-baselines", help="Leave popularity and random out of the table.")]


@dataclass(frozen=True)
class Run:
    """What both commands have in common."""

    trials: int
    controller: str
    user: User
    seed: int
    limit: int | None
    json: Path | None
    out: Path | None
    without: Without | None
    workers: int | None
    turns: int
    bare: bool
    wording: str
    silent: bool

    @property
    def ability(self) -> Ability | None:
        """The ability left out."""
        from evaluation.catalogs import check_ability

        return check_ability(self.without.value if self.without else None)


def _check(controller: str) -> None:
    """Raises BadInput before anything is imported or played where there is no such controller."""
    from agent.extensions import load_extensions
    from agent.settings import load_settings

    there = load_extensions(load_settings().extensions).controller_names
    if controller not in there:
        raise BadInput(f"There is no controller {controller!r}.", f"There are: {', '.join(there)}.")


@app.command(
    "tau-rec",
    epilog=examples(
        "tastemaker evaluate tau-rec --catalog-file PATH/catalog.json --tasks PATH/tasks --trials 4",
        "tastemaker evaluate tau-rec --catalog-file PATH/catalog.json --tasks PATH/tasks --json tau-rec.json --out out",
        "tastemaker evaluate tau-rec --catalog-file PATH/catalog.json --tasks PATH/tasks --without asking",
    ),
)
def tau_rec(  # noqa: PLR0913, PLR0917 (the options of a command)
    tasks: Tasks,
    catalog_file: Annotated[Path, typer.Option("--catalog-file", help="The benchmark's catalogue (JSON).")],
    schema: Annotated[
        Path | None, typer.Option(help="Another schema for the catalogue, YAML.", show_default=False)
    ] = None,
    home: Annotated[
        Path | None, typer.Option(help="Folder to import into; a temporary one by default.", show_default=False)
    ] = None,
    trials: Trials = 8,
    controller: Who = "rules",
    user: By = User.reveal,
    seed: Seed = 0,
    limit: Limit = None,
    json_file: Json = None,
    out: Out = None,
    without: Less = None,
    workers: Workers = None,
    turns: Turns = 20,
    no_baselines: Bare = False,
    compare_asking: Ways = False,
    wording: Words = "first",
    silent: Silent = False,
) -> None:
    """The tau-rec benchmark: constraints told, told on asking, or hidden; house rules; pass^k over trials.

    The catalogue is imported as any other, and the agent hears only what the person says.
    """
    from evaluation.catalogs import TAU_REC
    from ingest.readers.tables import columns_of

    _check(controller)
    run = Run(
        trials, controller, user, seed, limit, json_file, out, without, workers, turns, no_baselines, wording, silent
    )
    chosen = schema or TAU_REC
    with _imported(catalog_file, chosen, home) as (at, name, embedder):
        play = _compare_asking if compare_asking else _evaluate
        play(run, at, name, tasks, "tau-rec", embedder, columns_of(chosen))


@app.command(
    "tasks",
    epilog=examples(
        "tastemaker evaluate tasks --catalog books --tasks data/books/tasks --trials 4",
        "tastemaker evaluate tasks --catalog books --tasks data/books/tasks --without rejections --json less.json",
    ),
)
def tasks_(  # noqa: PLR0913, PLR0917 (the options of a command)
    tasks: Tasks,
    catalog: Annotated[str, typer.Option("--catalog", "-c", help="Name of an installed catalogue.")],
    trials: Trials = 8,
    controller: Who = "rules",
    user: By = User.reveal,
    seed: Seed = 0,
    limit: Limit = None,
    json_file: Json = None,
    out: Out = None,
    without: Less = None,
    workers: Workers = None,
    turns: Turns = 20,
    no_baselines: Bare = False,
    compare_asking: Ways = False,
    wording: Words = "first",
    silent: Silent = False,
) -> None:
    """Tasks of the same shape over an installed catalogue."""
    from agent.settings import load_settings
    from ui.opening import prepare_if_missing

    _check(controller)
    run = Run(
        trials, controller, user, seed, limit, json_file, out, without, workers, turns, no_baselines, wording, silent
    )
    settings = load_settings()
    prepare_if_missing(settings, catalog)
    play = _compare_asking if compare_asking else _evaluate
    play(run, settings.home, catalog, tasks, f"tasks over {catalog}", settings.embedder, {})


@contextmanager
def _imported(file: Path, schema: Path, home: Path | None) -> Iterator[tuple[Path, str, str]]:
    """(home, name, embedder) of the benchmark's catalogue, imported."""
    from agent.settings import load_settings
    from evaluation.catalogs import embedder_here, home_for, imported, schema_of
    from ui.opening import prepare_tagger, progress_shown

    settings = load_settings()
    name = schema_of(schema).name
    embedder, remark = embedder_here(settings.embedder)
    if remark:
        typer.echo(remark, err=True)
    with home_for(home, settings.home / "models") as at:
        with progress_shown() as progress:
            imported(file, schema, at, name, embedder=embedder, progress=progress)
            prepare_tagger(settings.model_copy(update={"home": at}), progress)
        yield at, name, embedder


def _evaluate(
    run: Run, home: Path, name: str, folder: Path, title: str, embedder: str, columns: dict[str, str]
) -> None:
    """Play, print the tables, write the files."""
    from evaluation.baselines import BASELINES
    from evaluation.report import parts_table, systems_table

    tasks = _tasks(run, home, name, folder, columns)
    main = _setup(run, home, name, embedder)
    others = [] if run.bare else [main.played_by(b) for b in BASELINES]
    held, measured = _played(run, [main, *others], tasks, title)
    left = f", without {run.without.value}" if run.without else ""
    console = _console()
    console.print(systems_table(measured, f"{title}{left}: {len(tasks)} tasks, {run.trials} trials, seed {run.seed}"))
    console.print(parts_table(measured[main.label], held[main.label]))


def _compare_asking(
    run: Run, home: Path, name: str, folder: Path, title: str, embedder: str, columns: dict[str, str]
) -> None:
    """Play the tasks with every way of asking and print the table."""
    from dataclasses import replace
    from typing import get_args

    from evaluation.report import asking_table
    from tools.elicitation.decide import Strategy

    tasks = _tasks(run, home, name, folder, columns)
    main = _setup(run, home, name, embedder)
    ways = [replace(main, asking=way, name=way) for way in get_args(Strategy)]
    _, measured = _played(run, ways, tasks, title)
    _console().print(asking_table(measured, f"{title}: {len(tasks)} tasks, {run.trials} trials, seed {run.seed}"))


def _console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 150)


def _tasks(run: Run, home: Path, name: str, folder: Path, columns: dict[str, str]) -> list[Task]:
    from simulation.tasks import read_tasks
    from simulation.wording import templates
    from tools.catalog.store import open_catalog

    templates(run.wording)  # a wording that cannot be read is told before anything is played
    tasks = read_tasks(folder, open_catalog(home, name).source_schema, columns)[: run.limit]
    if not tasks:
        raise BadInput(f"There are no tasks in {folder}.", "Give the folder of the task files (JSON).")
    return tasks


def _setup(run: Run, home: Path, name: str, embedder: str) -> Setup:
    from evaluation.tasks import Setup

    return Setup(
        home=home,
        catalog=name,
        system=run.controller,
        user=run.user.value,
        without=run.ability,
        seed=run.seed,
        most_turns=run.turns,
        embedder=embedder,
        wording=run.wording,
        silent=run.silent,
    )


def _played(
    run: Run, setups: list[Setup], tasks: list[Task], title: str
) -> tuple[dict[str, list[Result]], dict[str, dict[str, Figure]]]:
    """Play every task with every setup, write the files asked for; (results, figures) by label."""
    from evaluation.progress import advancing
    from evaluation.report import as_metrics, write_out
    from evaluation.results import figures
    from evaluation.tasks import run as play_all

    with advancing(title, len(setups) * len(tasks) * run.trials) as advance:
        results = play_all(setups, tasks, run.trials, workers=run.workers or os.cpu_count() or 1, advance=advance)
    main = setups[0].label
    held = {s.label: [r for r in results if r.system == s.label] for s in setups}
    measured = {system: figures(part, run.seed) for system, part in held.items()}
    if run.out is not None:
        count = write_out(run.out, results, main)
        typer.echo(f"{count} failures of {len(held[main])} dialogues in {run.out / 'failures'}", err=True)
    if run.json is not None:
        about = {"seed": run.seed, "data": f"{title}, {len(tasks)} tasks", "trials": run.trials, "command": _command()}
        body = as_metrics(measured, main, without=run.without.value if run.without else None, **about)
        run.json.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return held, measured


def _command() -> str:
    """The command as it was given, with paths cut to their names."""
    return " ".join(["tastemaker", *(Path(a).name if "/" in a else a for a in sys.argv[1:])])
